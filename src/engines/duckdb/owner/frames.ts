import type { Socket } from 'node:net';

/**
 * The words of client and owner over one socket, one session a socket. A frame is four bytes of length, one of kind, and
 * that many bytes. The client asks and the owner answers; one question at a time.
 *
 *   owner, first            hello
 *   query | execute         (rows* done) | failed
 *   copyIn data* (end | abort)   done | failed        failed may come before end; the rest is then thrown away
 *   copyOut [cancel]        data* (done | failed)
 *   alive                   between any two, now and then: a client that stands still says nothing, and is let go
 */
export const kinds = [
  'hello',
  'query',
  'execute',
  'copyIn',
  'copyOut',
  'data',
  'end',
  'abort',
  'cancel',
  'rows',
  'done',
  'failed',
  'alive',
] as const;

/** How often a client says that it is there, and how often in a row its owner misses that before it lets it go. */
export const aliveEveryMs = 5_000;
export const missedMost = 6;

export type FrameKind = (typeof kinds)[number];
export type Frame = { readonly kind: FrameKind; readonly payload: Buffer };

export type StatementFrame = { readonly text: string; readonly parameters: readonly Wire[] };
/** `isolated`: no transaction is open, so the load makes its own. */
export type CopyInFrame = {
  readonly table: string;
  readonly columns: string;
  readonly isolated: boolean;
};
export type RowsFrame = { readonly columns: readonly string[]; readonly rows: readonly (readonly Wire[])[] };
export type DoneFrame = { readonly count: number };
export type FailedFrame = { readonly message: string };

/** A value in JSON: what JSON lacks is an object of one member. Lists are values; other objects do not occur. */
export type Wire =
  | null
  | boolean
  | number
  | string
  | readonly Wire[]
  | { readonly bigint: string }
  | { readonly bytes: string }
  | { readonly number: 'NaN' | 'Infinity' | '-Infinity' }
  | { readonly atMs: number };

/** Resolves when the socket can take more, or is gone: who writes finds out by reading. */
export async function send(socket: Socket, kind: FrameKind, payload: Uint8Array | object): Promise<void> {
  if (socket.destroyed) return;
  const body = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload));
  const head = Buffer.allocUnsafe(5);
  head.writeUInt32LE(body.length, 0);
  head[4] = kinds.indexOf(kind);
  socket.cork();
  socket.write(head);
  const isFree = socket.write(body);
  socket.uncork();
  if (isFree) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      socket.off('drain', go);
      socket.off('close', go);
      resolve();
    };
    socket.once('drain', go);
    socket.once('close', go);
  });
}

/** The frames that come in, until the other side is gone. Reading no further is the back-pressure. */
export async function* readFrames(socket: Socket): AsyncGenerator<Frame, void> {
  let parts: Buffer[] = [];
  let have = 0;
  let need = 5;
  let kind: FrameKind | null = null;
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      parts.push(Buffer.from(chunk));
      have += chunk.length;
      while (have >= need) {
        const whole = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
        const part = whole.subarray(0, need);
        parts = [whole.subarray(need)];
        have -= need;
        if (kind === null) {
          kind = kinds[part[4] ?? 255] ?? 'abort';
          need = part.readUInt32LE(0);
        } else {
          if (kind !== 'alive') yield { kind, payload: part };
          kind = null;
          need = 5;
        }
      }
    }
  } catch {
    // A reset connection is an end like any other.
  }
}

/**
 * The same frames; a client of which nothing comes while we wait for it is cut off, so that what it has open, a transaction in
 * whose way others are, ends. Missed times are counted, since a machine that slept has missed none.
 */
export async function* framesOfLiving(socket: Socket): AsyncGenerator<Frame, void> {
  const frames = readFrames(socket);
  for (;;) {
    let heard = socket.bytesRead;
    let missed = 0;
    const timer = setInterval(() => {
      missed = socket.bytesRead === heard ? missed + 1 : 0;
      heard = socket.bytesRead;
      if (missed > missedMost) socket.destroy();
    }, aliveEveryMs);
    const given = await frames.next();
    clearInterval(timer);
    if (given.done === true) return;
    yield given.value;
  }
}

/** What the other side, built from the same source, wrote: the one place where its shape is trusted. */
export function read<T>(frame: Frame): T {
  return JSON.parse(frame.payload.toString('utf8')) as T;
}
