import { steadyMs } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Look, Loss } from '../../engine/capture.ts';
import { recordMarks } from '../bookkeeping.ts';
import type { CaptureOptions } from './cdc.ts';
import { noteLoadMarks } from './load-record.ts';
import type { Opened } from './start.ts';
import { type Seen, standsStill, watchStreams } from './watch.ts';

/** What looking at a source needs of the reading. */
export type Looking = {
  readonly options: CaptureOptions;
  readonly signal: AbortSignal;
  readonly isGoing: (stream: number) => boolean;
  readonly progressOf: (stream: number) => Seen;
  readonly onLoss: (stream: number, loss: Loss) => void;
  /** Perhaps what stopped it is no longer so. */
  readonly askAgain: (stream: number) => Promise<void>;
};

/** Until the signal. Rejects where the source does not answer, or where nothing of its log arrives any more. */
export async function lookAtSource(
  opened: Pick<Opened, 'log' | 'streams' | 'routes' | 'seen' | 'sessions'>,
  { options, signal, isGoing, progressOf, onLoss, askAgain }: Looking,
): Promise<void> {
  const { log, streams, routes } = opened;
  const { clock, lookEveryMs = 60_000, patienceMs = 300_000 } = options;
  const watch = watchStreams(patienceMs);
  for (;;) {
    await clock.sleep(lookEveryMs, signal);
    if (signal.aborted) return;
    const look = await log.look();
    for (const [table, loss] of look.losses) onLoss(must(routes[table], 'route').stream, loss);
    await noteLook(opened, look, options, isGoing);
    for (const i of streams.keys()) await askAgain(i);
    const end = await log.end();
    const standing = watch.look(
      end,
      steadyMs(clock),
      streams.map((_, i) => progressOf(i)),
    );
    for (const { stream: i, sinceMs, isUnread } of standing) {
      if (!isGoing(i)) continue;
      const { node, held } = must(streams[i], 'stream');
      const minutes = Math.round((steadyMs(clock) - sinceMs) / 60_000);
      const failure = standsStill(node.stream, held.position ?? '(nowhere)', end, minutes, !isUnread);
      if (isUnread) throw failure;
      options.onTrouble?.(node.stream, failure, lookEveryMs);
    }
  }
}

/** Keeps which tables the rows go on with, and tells what is to be mended. */
async function noteLook(
  opened: Pick<Opened, 'streams' | 'routes' | 'seen' | 'sessions'>,
  look: Look,
  options: CaptureOptions,
  isGoing: (stream: number) => boolean,
): Promise<void> {
  const { streams, routes, seen, sessions } = opened;
  for (const [i, stream] of streams.entries()) {
    if (!isGoing(i)) continue;
    const changed = routes.flatMap((route, table): [string, string][] => {
      const mark = must(look.marks[table], 'mark');
      if (route.stream !== i || look.losses.has(table) || seen.marks[table] === mark) return [];
      return [[must(stream.node.datasets[route.dataset], 'dataset').address, mark]];
    });
    if (changed.length === 0) continue;
    await sessions.lend(stream.node.container, async (store) => {
      await recordMarks(store, new Map(changed));
      await noteLoadMarks(store, new Map(changed));
    });
  }
  const [warning = null] = look.findings;
  if (warning?.digest !== seen.findings[0]?.digest) options.onWarning?.(warning);
  Object.assign(seen, look);
}
