import type { FileHandle } from 'node:fs/promises';
import { EngineError } from '../../../../engine/connection.ts';

export type EachMessage = (bytes: Buffer, from: number, to: number) => Promise<void> | null;

/** How messages are read back: `pause` is asked now and then, `isOver` ends it early. */
export type Reading = {
  readonly each: EachMessage;
  readonly pause: () => Promise<void> | null;
  readonly isOver: () => boolean;
};

const readBytes = 1 << 20;

/** A message in a file: its length, its kind, its body. Returns where the next may begin. */
export function putMessage(to: Buffer, at: number, kind: number, bytes: Buffer, from: number, until: number): number {
  to.writeUInt32BE(until - from + 1, at);
  to[at + 4] = kind;
  bytes.copy(to, at + 5, from, until);
  return at + 5 + until - from;
}

/** Gives each message of the first `length` bytes of the file, in order. Memory: a megabyte, or the largest message. */
export async function readMessages(file: FileHandle, path: string, length: number, reading: Reading): Promise<void> {
  let chunk = Buffer.allocUnsafe(readBytes);
  let held = 0;
  for (let position = 0; position < length && !reading.isOver(); ) {
    const wanted = Math.min(chunk.length - held, length - position);
    const { bytesRead } = await file.read(chunk, held, wanted, position);
    if (bytesRead === 0) throw shortened(path);
    position += bytesRead;
    const end = held + bytesRead;
    let at = 0;
    let size = 0;
    while (at + 4 <= end) {
      size = 4 + chunk.readUInt32BE(at);
      if (at + size > end) break;
      const handling = reading.each(chunk, at + 4, at + size);
      if (handling !== null) await handling;
      at += size;
    }
    held = end - at;
    const next = at + size > end && size > chunk.length ? Buffer.allocUnsafe(size) : chunk;
    chunk.copy(next, 0, at, end);
    chunk = next;
    const pausing = reading.pause();
    if (pausing !== null) await pausing;
  }
}

function shortened(path: string): EngineError {
  return new EngineError(
    'unreachable',
    `The file '${path}' was cut by somebody else: what it held is read from the source again.`,
  );
}
