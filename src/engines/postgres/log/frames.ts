/** Longest part of a message that is held while the rest is on its way, before the buffer is let go again. */
const keptBytes = 1 << 20;

/** Cuts the server's byte stream into messages; only a message that arrives in pieces is copied. */
export type Frames = {
  /** Calls `each(bytes, type, from, to)` for each whole message's body, while it returns null; a promise interrupts. */
  push(chunk: Buffer, each: FrameHandler): Promise<void>;
};

export type FrameHandler = (bytes: Buffer, type: number, from: number, to: number) => Promise<void> | null;

export function frames(): Frames {
  let held = Buffer.allocUnsafe(64 * 1024);
  let length = 0;

  function hold(chunk: Buffer, from: number, to: number): void {
    if (length + to - from > held.length) {
      const larger = Buffer.allocUnsafe(Math.max(held.length * 2, length + to - from));
      held.copy(larger, 0, 0, length);
      held = larger;
    }
    chunk.copy(held, length, from, to);
    length += to - from;
  }

  async function push(chunk: Buffer, each: FrameHandler): Promise<void> {
    let at = 0;
    if (length > 0) {
      // First the five bytes that say how long the message is, then the message.
      if (length < 5) {
        const upTo = Math.min(chunk.length, 5 - length);
        hold(chunk, 0, upTo);
        at = upTo;
        if (length < 5) return;
      }
      const size = 1 + held.readUInt32BE(1);
      const upTo = Math.min(chunk.length, at + size - length);
      hold(chunk, at, upTo);
      at = upTo;
      if (length < size) {
        if (held.length < size) {
          const larger = Buffer.allocUnsafe(size);
          held.copy(larger, 0, 0, length);
          held = larger;
        }
        return;
      }
      const waiting = each(held, held[0] ?? 0, 5, size);
      if (waiting !== null) await waiting;
      length = 0;
      if (held.length > keptBytes) held = Buffer.allocUnsafe(64 * 1024);
    }
    while (at + 5 <= chunk.length) {
      const end = at + 1 + chunk.readUInt32BE(at + 1);
      if (end > chunk.length) break;
      const waiting = each(chunk, chunk[at] ?? 0, at + 5, end);
      if (waiting !== null) await waiting;
      at = end;
    }
    if (at < chunk.length) hold(chunk, at, chunk.length);
  }

  return { push };
}
