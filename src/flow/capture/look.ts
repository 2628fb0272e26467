import { must } from '../../base/must.ts';
import type { Look } from '../../engine/capture.ts';
import { recordMarks } from '../bookkeeping.ts';
import type { CaptureOptions } from './cdc.ts';
import { noteLoadMarks } from './load-record.ts';
import type { Opened } from './start.ts';

/** Keeps which tables the rows go on with, and tells what is to be mended. */
export async function noteLook(
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
