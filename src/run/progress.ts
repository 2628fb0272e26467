import type { Clock } from '../base/clock.ts';
import type { Finding } from '../findings/finding.ts';
import type { Ledger } from '../ledger/open.ts';
import type { Report } from '../ledger/statistics.ts';
import type { Listener, LoopEvent } from './events.ts';

/**
 * Listens to the loop, and writes what it heard to the ledger about once a second: the loop never waits for statistics.
 * A ledger that is away for a moment loses nothing but a second's news: it is told with the next.
 */
export function recordProgress(
  ledger: Ledger,
  clock: Clock,
  also: Listener,
): { readonly on: Listener } & AsyncDisposable {
  const news = new Map<string, Report>();
  /** Which nodes a unit has moved: what it is told of a failure, all of them are. */
  const nodesOf = new Map<string, Set<string>>();
  /** What is to be mended at each unit, which a moving stream does not take back. */
  const warnings = new Map<string, Finding>();
  const stop = new AbortController();

  const tell = (node: string, report: Report) => {
    const before = news.get(node);
    news.set(node, { ...before, ...report, mergedRows: (before?.mergedRows ?? 0) + (report.mergedRows ?? 0) });
  };

  const hear = (event: LoopEvent) => {
    if (event.kind === 'moved') {
      nodesOf.set(event.unit, (nodesOf.get(event.unit) ?? new Set()).add(event.node));
      tell(event.node, {
        ordinal: event.ordinal,
        position: event.position,
        mergedRows: event.rows,
        lastError: null,
        finding: warnings.get(event.unit) ?? null,
        ...(event.asOfMs === null ? {} : { freshAtMs: event.asOfMs }),
      });
    }
    if (event.kind === 'failed' || event.kind === 'held') {
      const nodes = event.node !== null ? [event.node] : (nodesOf.get(event.unit) ?? [event.unit]);
      for (const node of nodes) {
        tell(node, event.kind === 'failed' ? { lastError: event.message } : { finding: event.finding });
      }
    }
    if (event.kind === 'warned') {
      if (event.finding === null) warnings.delete(event.unit);
      else warnings.set(event.unit, event.finding);
      for (const node of nodesOf.get(event.unit) ?? []) tell(node, { finding: event.finding });
    }
    also(event);
  };

  const flush = async () => {
    const told = new Map(news);
    news.clear();
    await ledger.record(told).catch(() => {
      for (const [node, report] of told) {
        const since = news.get(node);
        tell(node, { ...report, ...since, mergedRows: report.mergedRows ?? 0 });
      }
    });
  };

  const writing = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(1_000, stop.signal);
      await flush();
    }
  })();

  return {
    on: hear,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await writing;
    },
  };
}
