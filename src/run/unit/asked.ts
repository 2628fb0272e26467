import { EngineError } from '../../engine/connection.ts';
import { hasNews, ordersIn } from '../../flow/capture/inbox/orders.ts';
import type { StreamNode } from '../../plan/plan.ts';
import type { WorkContext } from './context.ts';

const everyMs = 5_000;

/** Looks into the stores for what operators order of streams, until the signal; calls `onAsked` where there is news. */
export async function watchAsked(
  streams: readonly StreamNode[],
  { containers, clock }: Pick<WorkContext, 'containers' | 'clock'>,
  signal: AbortSignal,
  onAsked: () => void,
): Promise<void> {
  const known = new Map<string, ReadonlySet<string>>();
  while (!signal.aborted) {
    let isNews = false;
    for (const container of new Set(streams.map((stream) => stream.container))) {
      try {
        await using store = await containers.connect(container, 'orders');
        const all = await ordersIn(store);
        const now = new Set([...all].filter((order) => streams.some(({ stream }) => order.endsWith(` ${stream}`))));
        const before = known.get(container);
        if (before !== undefined && hasNews(before, now)) isNews = true;
        known.set(container, now);
      } catch (failure) {
        // Whoever merges there says so.
        if (!(failure instanceof EngineError)) throw failure;
      }
    }
    if (isNews) onAsked();
    await clock.sleep(everyMs, signal);
  }
}
