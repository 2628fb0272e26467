import { lstat, mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Position } from '../../../../engine/capture.ts';
import { EngineError } from '../../../../engine/connection.ts';
import { orSay, type TransactionFile, transactionFile } from './file.ts';
import { type Reading, readMessages } from './messages.ts';

/**
 * Transactions put aside on disk, in a directory of one capture. One that is committed stays until it is acknowledged: the
 * server sends a transaction from its beginning or not at all, so a process that is cut in the middle of a large one would
 * have to wait for all of it once more. Instead the next one begins with the file, and asks the server for what follows.
 */
export type Kept = {
  /** A file for a transaction that is under way. */
  begin(xid: number): Promise<TransactionFile>;
  /** The transaction is whole; from now on, as soon as it is safely on disk, a later run may begin with it. */
  keep(file: TransactionFile, of: Committed): void;
  /** The transaction was rolled back, or will be sent again. */
  discard(file: TransactionFile): Promise<void>;
  /** Forgets what is acknowledged. */
  release(acknowledged: Position): void;
  /**
   * What a run that has everything up to `acknowledged` of this server can begin with, in order. Removes everything else
   * that earlier runs left.
   */
  found(identity: string, acknowledged: Position): Promise<readonly Found[]>;
  /** Forgets what is acknowledged, waits for what is being written, and leaves no empty directory. */
  close(acknowledged: Position): Promise<void>;
};

export type Committed = {
  readonly identity: string;
  readonly position: Position;
  /** Commit time, ms since 1970. */
  readonly atMs: number;
  /** Nothing of ours lies between this position and the commit's. */
  readonly after: Position;
};

export type Found = Committed & { read(reading: Reading): Promise<void> };

const sharedBytes = 1 << 20;

export function keptTransactions(directory: string): Kept {
  const shared = Buffer.allocUnsafe(sharedBytes);
  const known = new Map<Position, Promise<unknown>>();
  let made: Promise<void> | null = null;
  let begun = 0;

  const pathOf = (position: Position, ending: string) => join(directory, `${position}.${ending}`);

  async function forget(position: Position): Promise<void> {
    await rm(pathOf(position, 'json'), { force: true });
    await rm(pathOf(position, 'log'), { force: true });
  }

  /** Data first, then the note that says that it is whole. */
  async function note(path: string, of: Committed & { readonly length: number }): Promise<void> {
    const whole = pathOf(of.position, 'log');
    const draft = pathOf(of.position, 'draft');
    await rename(path, whole);
    await written(whole, null);
    await written(draft, JSON.stringify({ version: 1, ...of }));
    await rename(draft, pathOf(of.position, 'json'));
  }

  return {
    async begin(xid) {
      made ??= ownDirectory(directory);
      await made;
      return transactionFile(join(directory, `${xid}-${begun++}.open`), shared);
    },
    keep(file, of) {
      // A note that fails costs no more than another reading.
      known.set(
        of.position,
        note(file.path, { ...of, length: file.length() }).catch(() => undefined),
      );
    },
    discard: ({ path }) => rm(path, { force: true }),
    release(acknowledged) {
      for (const [position, noting] of known) {
        if (position > acknowledged) continue;
        known.set(
          position,
          noting.then(() => forget(position)).catch(() => undefined),
        );
      }
    },
    async found(identity, acknowledged) {
      const names = await readdir(directory).catch(() => []);
      if (names.length > 0) await ownDirectory(directory);
      const notes = await Promise.all(
        names.filter((name) => name.endsWith('.json')).map((name) => readNote(join(directory, name))),
      );
      const usable: Found[] = [];
      let reached = acknowledged;
      for (const of of notes.filter((one) => one !== null).sort((a, b) => (a.position < b.position ? -1 : 1))) {
        if (of.identity !== identity || of.position <= reached || of.after > reached) continue;
        reached = of.position;
        const path = pathOf(of.position, 'log');
        usable.push({
          ...of,
          async read(reading) {
            const file = await orSay(path, () => open(path, 'r'));
            try {
              await readMessages(file, path, of.length, reading);
            } finally {
              await file.close();
            }
          },
        });
        known.set(of.position, Promise.resolve());
      }
      const kept = new Set(usable.flatMap(({ position }) => [`${position}.json`, `${position}.log`]));
      for (const name of names) if (!kept.has(name)) await rm(join(directory, name), { force: true });
      return usable;
    },
    async close(acknowledged) {
      this.release(acknowledged);
      await Promise.all(known.values());
      // It stays where something is kept in it.
      await rmdir(directory).catch(() => undefined);
    },
  };
}

/** Writes the text, where one is given; afterwards the file outlives the machine. */
async function written(path: string, text: string | null): Promise<void> {
  const file = await open(path, text === null ? 'r+' : 'w', 0o600);
  try {
    if (text !== null) await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Rows of the source rest in it: it is ours alone, or it is refused. */
async function ownDirectory(directory: string): Promise<void> {
  await orSay(directory, () => mkdir(directory, { recursive: true, mode: 0o700 }));
  const found = await lstat(directory);
  const account = process.getuid?.();
  if (found.isDirectory() && (account === undefined || (found.uid === account && (found.mode & 0o077) === 0))) return;
  throw new EngineError(
    'denied',
    `'${directory}' should hold large transactions of the source until their commit, and others may look into it or own it. Remove it.`,
  );
}

/** Null: it is not whole, or not ours. */
async function readNote(path: string): Promise<(Committed & { readonly length: number }) | null> {
  const read: unknown = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text),
    () => null,
  );
  if (typeof read !== 'object' || read === null || Reflect.get(read, 'version') !== 1) return null;
  const [identity, position, after] = ['identity', 'position', 'after'].map((of) => String(Reflect.get(read, of)));
  const [atMs, length] = ['atMs', 'length'].map((of) => Number(Reflect.get(read, of)));
  if (
    identity === undefined ||
    position === undefined ||
    after === undefined ||
    atMs === undefined ||
    length === undefined
  )
    return null;
  return { identity, position, after, atMs, length };
}
