import { chmodSync, lstatSync, mkdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { digestText } from '../../../base/digest.ts';
import { isCode } from '../../../base/file-lock.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { Account } from './account.ts';

const told = new Set<string>();

/**
 * A path that the account can reach: the wanted one, or, where a directory above it is closed to the account (a checkout
 * under /root, mode 0700), one below /var/tmp whose name follows from the wanted path, said once on stderr. Its parent
 * exists afterwards.
 */
export function reachable(
  wanted: string,
  account: Account,
  tell: (text: string) => void = (text) => process.stderr.write(text),
): string {
  const path = resolve(wanted);
  if (canEnterParents(path, account)) {
    makeParent(path);
    return join(realpathSync(dirname(path)), basename(path));
  }
  const fallback = standIn(path);
  if (!told.has(path)) {
    told.add(path);
    tell(`freehold: '${path}' cannot be entered by the account '${account.name}', so '${fallback}' is used instead\n`);
  }
  return fallback;
}

/** The place of ours below /var/tmp that is used instead of a path; always the same one. */
export function standIn(path: string): string {
  return join(ownRoom(), `${basename(path)}-${digestText(path).slice(0, 12)}`);
}

/** Are all directories above the path, as far as they exist, open to the account? */
function canEnterParents(path: string, account: Account): boolean {
  const parents: string[] = [];
  for (let at = dirname(path); ; at = dirname(at)) {
    parents.push(at);
    if (at === dirname(at)) break;
  }
  return parents.every((parent) => {
    const stats = statOrNull(parent);
    if (stats === null) return true;
    if (!stats.isDirectory()) {
      throw new EngineError(
        'denied',
        `'${parent}' is a file, so '${path}' cannot be made below it. Choose another place for it.`,
      );
    }
    return mayEnter(stats, account);
  });
}

function mayEnter(stats: Stats, account: Account): boolean {
  if (stats.uid === account.uid) return (stats.mode & 0o100) !== 0;
  if (stats.gid === account.gid) return (stats.mode & 0o010) !== 0;
  return (stats.mode & 0o001) !== 0;
}

function makeParent(path: string): void {
  const missing: string[] = [];
  for (let at = dirname(path); statOrNull(at) === null; at = dirname(at)) missing.push(at);
  try {
    mkdirSync(dirname(path), { recursive: true });
    // Whatever the umask: the account must pass.
    for (const made of missing) chmodSync(made, 0o755);
  } catch (cause) {
    throw new EngineError(
      'denied',
      `the directory '${dirname(path)}' cannot be made: ${reason(cause)}. Choose another place for it.`,
      { cause },
    );
  }
}

/** /var/tmp/freehold-<uid>, ours alone: whoever made it before us must not be trusted with it. */
function ownRoom(): string {
  const uid = process.geteuid?.() ?? 0;
  const room = `/var/tmp/freehold-${uid}`;
  try {
    mkdirSync(room, { mode: 0o711 });
    chmodSync(room, 0o711);
  } catch (cause) {
    if (!isCode(cause, 'EEXIST')) {
      throw new EngineError('denied', `the directory '${room}' cannot be made: ${reason(cause)}`, { cause });
    }
  }
  const stats = lstatSync(room);
  if (stats.isDirectory() && stats.uid === uid && (stats.mode & 0o022) === 0) return room;
  throw new EngineError(
    'denied',
    `'${room}' is not a directory of ours alone (it belongs to uid ${stats.uid}). Remove it.`,
  );
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return null;
    throw new EngineError('denied', `'${path}' cannot be looked at: ${reason(error)}`, { cause: error });
  }
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
