import { EngineError } from '../../engine/connection.ts';
import { askedStreams } from '../../flow/gaps.ts';
import type { StreamNode } from '../../plan/plan.ts';
import type { WorkContext } from './context.ts';

const everyMs = 5_000;

/** Looks into the stores for streams that an operator wants read anew, until the signal; calls `onAsked` for each new one. */
export async function watchAsked(
  streams: readonly StreamNode[],
  { containers, clock }: Pick<WorkContext, 'containers' | 'clock'>,
  signal: AbortSignal,
  onAsked: () => void,
): Promise<void> {
  let known: ReadonlySet<string> | null = null;
  while (!signal.aborted) {
    const now = new Set<string>();
    for (const container of new Set(streams.map((stream) => stream.container))) {
      try {
        await using store = await containers.connect(container, 'orders');
        const asked = await askedStreams(store);
        for (const { stream } of streams) if (asked.has(stream)) now.add(stream);
      } catch (failure) {
        // Whoever merges there says so.
        if (!(failure instanceof EngineError)) throw failure;
      }
    }
    if (known !== null && [...now].some((stream) => known?.has(stream) === false)) onAsked();
    known = now;
    await clock.sleep(everyMs, signal);
  }
}
