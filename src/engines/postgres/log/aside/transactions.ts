import { must } from '../../../../base/must.ts';
import type { ChangeSink, Position } from '../../../../engine/capture.ts';
import { atMsOf, type Decoder } from '../decode.ts';
import { readPosition } from '../position.ts';
import type { TransactionFile } from './file.ts';
import type { Kept } from './kept.ts';

/**
 * What the server sends of large transactions before their commit: parts of several, one after the other. Each is put aside
 * and goes through the decoder as a whole when its commit comes, so that the sink sees transactions in commit order.
 * https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 */
export type Transactions = AsyncDisposable & {
  /** Takes one message of the log, whatever it is. */
  message(bytes: Buffer, from: number, to: number): Promise<void> | null;
  /** Is something under way that a keepalive may stand inside? */
  isInside(): boolean;
};

const letter = { start: 0x53, stop: 0x45, commit: 0x63, abort: 0x41 };
const change = { relation: 0x52, insert: 0x49, update: 0x55, delete: 0x44, truncate: 0x54 };
const changes = new Set(Object.values(change));

export type Around = {
  readonly identity: string;
  readonly decoder: Decoder;
  readonly sink: ChangeSink;
  readonly kept: Kept;
  readonly signal: AbortSignal;
};

export function transactions(around: Around): Transactions {
  const { decoder, kept } = around;
  const files = new Map<number, TransactionFile>();
  /** The one whose part is being read. */
  let current: TransactionFile | null = null;

  function message(bytes: Buffer, from: number, to: number): Promise<void> | null {
    const kind = bytes[from] ?? 0;
    if (current !== null) {
      if (kind === letter.stop) return pause(current);
      if (!changes.has(kind)) return null;
      const describes = kind === change.relation ? bytes.readUInt32BE(from + 5) : null;
      return current.append(bytes.readUInt32BE(from + 1), kind, bytes, from + 5, to, describes);
    }
    switch (kind) {
      case letter.start:
        return start(bytes.readUInt32BE(from + 1), bytes[from + 5] === 1);
      case letter.commit:
        return commit(bytes.readUInt32BE(from + 1), readPosition(bytes, from + 6), atMsOf(bytes, from + 22));
      case letter.abort:
        return abort(bytes.readUInt32BE(from + 1), bytes.readUInt32BE(from + 5));
      default:
        return decoder.message(bytes, from, to);
    }
  }

  function start(xid: number, isFirst: boolean): Promise<void> | null {
    if (!isFirst) {
      current = must(files.get(xid), 'transaction put aside');
      return null;
    }
    return kept.begin(xid).then((file) => {
      files.set(xid, file);
      current = file;
    });
  }

  function pause(file: TransactionFile): Promise<void> {
    current = null;
    return file.flush();
  }

  async function commit(xid: number, position: Position, atMs: number): Promise<void> {
    const file = must(files.get(xid), 'transaction put aside');
    files.delete(xid);
    kept.keep(file, { identity: around.identity, position, atMs, after: decoder.committed() });
    try {
      await replay({ position, atMs, read: (reading) => file.read(reading) }, around);
    } finally {
      await file[Symbol.asyncDispose]();
    }
  }

  async function abort(xid: number, subtransaction: number): Promise<void> {
    const file = files.get(xid);
    if (file === undefined) return;
    if (subtransaction !== xid) return file.undo(subtransaction);
    files.delete(xid);
    await file[Symbol.asyncDispose]();
    await kept.discard(file);
  }

  return {
    message,
    isInside: () => current !== null || decoder.isInside(),
    async [Symbol.asyncDispose]() {
      for (const file of files.values()) {
        await file[Symbol.asyncDispose]();
        await kept.discard(file);
      }
    },
  };
}

/** Gives a transaction that was put aside to the sink, at the sink's pace; ends early where the reading is ended. */
export async function replay(
  of: { readonly position: Position; readonly atMs: number; readonly read: TransactionFile['read'] },
  { decoder, sink, signal }: Pick<Around, 'decoder' | 'sink' | 'signal'>,
): Promise<void> {
  decoder.begin(of.position, of.atMs, 'large');
  await of.read({
    each: (bytes, from, to) => decoder.message(bytes, from, to),
    pause() {
      const waiting = sink.pressure();
      return waiting === null ? null : untilAborted(waiting, signal);
    },
    isOver: () => signal.aborted,
  });
  if (!signal.aborted) decoder.commit();
}

/** Resolves with the work, or at once when the signal aborts. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
  });
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([work, aborted]);
  signal.removeEventListener('abort', stop);
}
