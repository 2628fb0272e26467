import { EngineError } from '../../engine/connection.ts';
import { askedStreams } from '../../flow/gaps.ts';
import { orderedStreams } from '../../flow/quality/orders.ts';
import type { StreamNode } from '../../plan/plan.ts';
import type { WorkContext } from './context.ts';

const everyMs = 5_000;

/**
 * Looks into the stores for streams of which an operator wants something done (rows read anew, changes released from
 * quarantine), until the signal; calls `onAsked` for each new one.
 */
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
        const asked = new Set([...(await askedStreams(store)), ...(await orderedStreams(store))]);
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
