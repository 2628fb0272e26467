import { spawn } from 'node:child_process';
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createConnection, type Socket } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { systemClock } from '../../../base/clock.ts';
import { EngineError } from '../../../engine/connection.ts';
import { type Frame, readFrames } from './frames.ts';
import { noteOf, type OwnerNote, type OwnerReport } from './place.ts';

export type OwnedFile = {
  readonly file: string;
  readonly memoryLimit: string;
  readonly threads: number;
  /** What messages call it. */
  readonly label: string;
};

/** A session's socket and what comes in on it, behind the owner's hello. */
export type Reached = { readonly socket: Socket; readonly frames: AsyncGenerator<Frame, void> };

/** How long a file may stay locked: by an owner that is on its way out, and by a stranger. */
const ownLockMs = 60_000;
const strangersLockMs = 3_000;

/**
 * A session with the owner of the file; starts the owner where there is none. Owners race for the file's own lock, so
 * that starting two does no harm: one reports that it could not have it, and we look again. Errors: EngineError.
 */
export async function reachOwner(asked: OwnedFile): Promise<Reached> {
  const began = Date.now();
  const owned = { ...asked, file: await placeOf(asked) };
  for (;;) {
    const note = await readNote(owned.file);
    const reached = note === null ? null : await knock(note.socket);
    if (reached !== null) return reached;
    const report = await started(owned);
    if (report.kind === 'ready') continue;
    if (!/Could not set lock|Conflicting lock/i.test(report.message)) throw refusal(owned, report.message);
    const holder = /PID (\d+)/.exec(report.message)?.[1];
    const now = await readNote(owned.file);
    const isOurs = now !== null && String(now.pid) === holder;
    // An owner that has just started has no note yet, and one that leaves has none any more: neither takes long.
    if (Date.now() - began > (isOurs ? ownLockMs : strangersLockMs)) {
      throw new EngineError(
        'conflict',
        `${owned.label}: the file is open in another process${holder === undefined ? '' : ` (${holder})`}, and DuckDB lets one ` +
          'process have a file. Close it there.',
      );
    }
    await systemClock.sleep(100);
  }
}

/** One path for one file, whatever links lead to its directory, which is made where it is absent. */
async function placeOf({ file, label }: OwnedFile): Promise<string> {
  const directory = dirname(resolve(file));
  try {
    await mkdir(directory, { recursive: true });
    return join(await realpath(directory), basename(file));
  } catch (cause) {
    throw new EngineError('denied', `${label}: the directory '${directory}' cannot be made or entered.`, { cause });
  }
}

async function readNote(file: string): Promise<OwnerNote | null> {
  try {
    const found: unknown = JSON.parse(await readFile(noteOf(file), 'utf8'));
    if (typeof found !== 'object' || found === null || !('pid' in found) || !('socket' in found)) return null;
    return typeof found.pid === 'number' && typeof found.socket === 'string'
      ? { pid: found.pid, socket: found.socket }
      : null;
  } catch {
    return null;
  }
}

/** Null where nobody answers with a hello. */
function knock(path: string): Promise<Reached | null> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('error', () => resolve(null));
    socket.once('connect', () => {
      socket.on('error', () => undefined);
      const frames = readFrames(socket);
      void frames.next().then((first) => {
        if (first.done !== true && first.value.kind === 'hello') return resolve({ socket, frames });
        socket.destroy();
        resolve(null);
      });
    });
  });
}

const starting = new Map<string, Promise<OwnerReport>>();

/** One start at a time for a file in this process; others find the owner, or start one themselves. */
async function started(owned: OwnedFile): Promise<OwnerReport> {
  const running = starting.get(owned.file);
  if (running !== undefined) return running;
  const start = startOwner(owned);
  starting.set(owned.file, start);
  try {
    return await start;
  } finally {
    starting.delete(owned.file);
  }
}

/** Starts an owner in a session of its own, so that a terminal's Ctrl-C ends its clients and not it; its one report. */
function startOwner({ file, memoryLimit, threads }: OwnedFile): Promise<OwnerReport> {
  const isSource = import.meta.url.endsWith('.ts');
  const program = fileURLToPath(new URL(isSource ? './main.ts' : './main.js', import.meta.url));
  const loader = isSource ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [];
  const child = spawn(process.execPath, [...loader, program, file, memoryLimit, String(threads)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: '/',
    env: {
      PATH: process.env.PATH ?? '',
      MALLOC_ARENA_MAX: '2',
      MALLOC_MMAP_THRESHOLD_: '131072',
      MALLOC_TRIM_THRESHOLD_: '131072',
      ...(process.env.TMPDIR === undefined ? {} : { TMPDIR: process.env.TMPDIR }),
    },
  });
  child.unref();
  return new Promise((resolve) => {
    let said = '';
    const done = (report: OwnerReport) => {
      child.stdout.destroy();
      resolve(report);
    };
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      said += text;
      if (!said.endsWith('\n')) return;
      const report: unknown = JSON.parse(said);
      const message = typeof report === 'object' && report !== null && 'message' in report ? report.message : null;
      done(typeof message === 'string' ? { kind: 'failed', message } : { kind: 'ready' });
    });
    child.once('error', (failure) => done({ kind: 'failed', message: failure.message }));
    child.once('exit', (code, signal) =>
      done({ kind: 'failed', message: `its process ended before it was ready (${code ?? signal})` }),
    );
  });
}

function refusal({ label, file }: OwnedFile, message: string): EngineError {
  if (/Permission denied/i.test(message)) {
    return new EngineError(
      'denied',
      `${label}: the file '${file}' may not be written by this account. Change its rights.`,
    );
  }
  if (/No space left/i.test(message)) return new EngineError('space', `${label}: the disk is full.`);
  return new EngineError('unreachable', `${label} cannot be opened: ${message}`);
}
