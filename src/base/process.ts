import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * One process, for good: its id and the moment it started, so that an id given again to another process does not count.
 * Text such as `4711.8834412`, fit for a file name.
 */
export type ProcessIdentity = string;

/** The identity of a living process; null where there is none, or only its unreaped remains. */
export function identityOf(pid: number): ProcessIdentity | null {
  const started = process.platform === 'linux' ? startedLinux(pid) : startedElsewhere(pid);
  return started === null ? null : `${pid}.${started}`;
}

export function isAlive(identity: ProcessIdentity): boolean {
  const pid = pidOf(identity);
  return pid !== null && identityOf(pid) === identity;
}

/** Null where the text is no identity. */
export function pidOf(identity: ProcessIdentity): number | null {
  const pid = /^(\d+)\.\w+$/.exec(identity)?.[1];
  return pid === undefined ? null : Number(pid);
}

/** The process's program and arguments, separated by spaces; null where there is no such process. */
export function commandLineOf(pid: number): string | null {
  if (process.platform === 'linux') {
    const text = read(`/proc/${pid}/cmdline`);
    return text === null || text === '' ? null : text.replaceAll('\0', ' ').trim();
  }
  return ps(pid, 'args=');
}

/** Field 22 of /proc/<pid>/stat, ticks since boot, with the boot's own id: ticks start again at zero with the machine. */
function startedLinux(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field, the name in parentheses, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  return `${fields[19] ?? '0'}b${(read('/proc/sys/kernel/random/boot_id') ?? '').slice(0, 8)}`;
}

function startedElsewhere(pid: number): string | null {
  const text = ps(pid, 'lstart=');
  return text === null ? null : String(Date.parse(text) || text.replaceAll(/\W/g, ''));
}

function ps(pid: number, column: string): string | null {
  try {
    const text = execFileSync('ps', ['-o', column, '-p', String(pid)], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
