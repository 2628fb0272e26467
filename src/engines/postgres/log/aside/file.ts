import { type FileHandle, open, rm } from 'node:fs/promises';
import { isCode } from '../../../../base/file-lock.ts';
import { EngineError } from '../../../../engine/connection.ts';
import { putMessage, type Reading, readMessages } from './messages.ts';
import { savepoints } from './savepoints.ts';

/**
 * Messages of one transaction that is under way at the source, in a file of ours, each as the log would send it after the
 * commit. Disposing closes the file and leaves it.
 */
export type TransactionFile = AsyncDisposable & {
  readonly path: string;
  /** Bytes that count; behind them may be some that were rolled back. */
  length(): number;
  /** Adds a message of a (sub)transaction. `describes`: the table's object id, where it describes one. */
  append(
    xid: number,
    kind: number,
    bytes: Buffer,
    from: number,
    to: number,
    describes: number | null,
  ): Promise<void> | null;
  /** Writes what waits in memory. */
  flush(): Promise<void>;
  /** Drops what the subtransaction did. */
  undo(xid: number): Promise<void>;
  read(reading: Reading): Promise<void>;
};

/** `shared`: where messages wait to be written; one for all files, since only one is added to at a time. */
export async function transactionFile(path: string, shared: Buffer): Promise<TransactionFile> {
  const file = await create(path);
  const saved = savepoints(() => create(`${path}.savepoints`));
  /**
   * The last description of each table. What a rolled back subtransaction was told of tables holds for what follows it too:
   * the server does not say it again.
   */
  const described = new Map<number, { at: number; readonly message: Buffer }>();
  let written = 0;
  let waiting = 0;

  async function write(bytes: Buffer, size: number): Promise<void> {
    await orSay(path, () => file.write(bytes, 0, size, written));
    written += size;
  }

  async function flush(): Promise<void> {
    if (waiting === 0) return;
    const size = waiting;
    waiting = 0;
    await write(shared, size);
  }

  function add(kind: number, bytes: Buffer, from: number, to: number): Promise<void> | null {
    const size = to - from + 5;
    if (waiting + size > shared.length) return addPast(kind, bytes, from, to);
    waiting = putMessage(shared, waiting, kind, bytes, from, to);
    return null;
  }

  async function addPast(kind: number, bytes: Buffer, from: number, to: number): Promise<void> {
    await flush();
    const size = to - from + 5;
    if (size > shared.length) {
      const alone = Buffer.allocUnsafe(size);
      putMessage(alone, 0, kind, bytes, from, to);
      await write(alone, size);
    } else waiting = putMessage(shared, 0, kind, bytes, from, to);
  }

  return {
    path,
    flush,
    length: () => written + waiting,
    append(xid, kind, bytes, from, to, describes) {
      const at = written + waiting;
      if (describes !== null) {
        const message = Buffer.allocUnsafe(to - from + 5);
        putMessage(message, 0, kind, bytes, from, to);
        described.set(describes, { at, message });
      }
      const noting = saved.note(xid, at);
      if (noting === null) return add(kind, bytes, from, to);
      return noting.then(async () => {
        await add(kind, bytes, from, to);
      });
    },
    async undo(xid) {
      await flush();
      const began = await saved.undo(xid);
      if (began === null) return;
      written = began;
      for (const table of described.values()) {
        if (table.at < began) continue;
        table.at = written;
        await write(table.message, table.message.length);
      }
    },
    async read(reading) {
      await flush();
      await readMessages(file, path, written, reading);
    },
    async [Symbol.asyncDispose]() {
      await saved[Symbol.asyncDispose]();
      await rm(`${path}.savepoints`, { force: true });
      await file.close();
    },
  };
}

function create(path: string): Promise<FileHandle> {
  return orSay(path, () => open(path, 'w+', 0o600));
}

/** Errors: EngineError `space` where the disk is full, `denied` where we may not write. */
export async function orSay<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isFull = isCode(cause, 'ENOSPC') || isCode(cause, 'EDQUOT');
    const why = isFull
      ? 'the disk is full. Free some space'
      : `that failed: ${String(cause)}. Let this account write there`;
    throw new EngineError(
      isFull ? 'space' : 'denied',
      `A large transaction of the source is put aside until its commit, in '${path}', and ${why}; what is lacking is read again.`,
      { cause },
    );
  }
}
