import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { runOnce } from '../../run/loop.ts';
import { recordProgress } from '../../run/progress.ts';
import { verifyPlan } from '../../run/verify.ts';
import { lineOf } from '../commands/run.ts';
import type { OpenEnvironment } from '../environment.ts';
import type { Output } from '../output.ts';
import { simulateChanges } from './company/simulate.ts';
import { countDatasets, type DatasetCounts } from './counts.ts';
import { seesRow } from './first-row.ts';
import { sourceOf } from './session.ts';

export type OnceOutcome = {
  readonly firstRowMs: number;
  readonly caughtUpMs: number;
  readonly datasets: readonly DatasetCounts[];
  readonly verify: { readonly checked: number; readonly differences: number };
};

/** Changes made after the first load, so that the once-through demo shows more than a copy. */
const changesMade = 2_000;

/** Loads, lets the company change, catches up, verifies. `sinceMs`: milliseconds since the demo began. */
export async function demoOnce(
  environment: OpenEnvironment,
  sinceMs: () => number,
  signal: AbortSignal,
  output: Output,
): Promise<OnceOutcome | null> {
  const { plan, containers, ledger } = environment;
  const first: { rowMs: number | null } = { rowMs: null };
  const groups = plan.nodes.filter((node) => node.kind === 'publish');
  const looking: Promise<void>[] = [];
  await using progress = recordProgress(ledger, systemClock, (event) => {
    const line = lineOf(event);
    if (line !== null) output.note(line);
    if (event.kind !== 'published' || first.rowMs !== null) return;
    const node = must(
      groups.find((group) => group.group === event.group),
      event.group,
    );
    looking.push(
      seesRow(node, containers).then((isSeen) => {
        if (isSeen) first.rowMs ??= sinceMs();
      }),
    );
  });
  const loop = { clock: systemClock, signal, on: progress.on };
  await runOnce(plan, containers, ledger, loop);
  await Promise.all(looking);
  if (signal.aborted) return null;
  {
    await using source = await containers.connect(sourceOf(plan), 'demo');
    await simulateChanges(source, { changes: changesMade, signal });
  }
  await runOnce(plan, containers, ledger, loop);
  const caughtUpMs = sinceMs();
  if (signal.aborted) return null;
  const { checked, differences } = await verifyPlan(plan, containers, ledger, { clock: systemClock, address: null });
  return {
    firstRowMs: must(first.rowMs, 'a first row'),
    caughtUpMs,
    datasets: await countDatasets(plan, containers),
    verify: { checked, differences },
  };
}
