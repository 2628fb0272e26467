import type { Receiving } from './stream.ts';

/** Bytes received and not staged, of all streams, before reading pauses. */
const pressedBytes = 32 << 20;

/** Holds the reader back while too much waits to be staged; the streams then stage what they have. */
export function pressureOf(receivings: readonly Receiving[], spillBytes: number, wake: (stream: number) => void) {
  let held: { readonly promise: Promise<void>; readonly release: () => void } | null = null;
  const isOver = () => receivings.reduce((sum, one) => sum + one.bytes(), 0) > pressedBytes;
  return {
    isPressed: () => held !== null,
    ask: (): Promise<void> | null => {
      if (held === null && isOver()) {
        let release = () => {};
        const promise = new Promise<void>((resolve) => {
          release = resolve;
        });
        held = { promise, release };
        receivings.forEach((_, i) => {
          wake(i);
        });
      } else
        receivings.forEach((one, i) => {
          if (one.bytes() >= spillBytes) wake(i);
        });
      return held?.promise ?? null;
    },
    /** To be called whenever bytes were staged or dropped. */
    look: (): void => {
      if (held === null || isOver()) return;
      held.release();
      held = null;
    },
  };
}
