import { groupedBy } from '../base/group.ts';
import type { Plan } from '../plan/plan.ts';
import { readsOf } from './handover.ts';
import { captureWork } from './unit/capture.ts';
import type { WorkContext } from './unit/context.ts';
import { publishWork } from './unit/publish.ts';
import { purgeWork } from './unit/purge.ts';
import { readingWork } from './unit/reading.ts';
import { replicateWork } from './unit/replicate.ts';
import { verifyWork } from './unit/verify.ts';

/** What one process owns at a time. `phase`: with `--once`, all of a phase end before the next begins; `verify` has no end. */
export type Unit = {
  readonly id: string;
  readonly phase: 'capture' | 'replicate' | 'publish' | 'purge' | 'verify';
  readonly work: (context: WorkContext) => Promise<void>;
};

export const phases = ['capture', 'replicate', 'publish', 'purge'] as const;

export function unitsOf(plan: Plan): Unit[] {
  const units: Unit[] = [];
  for (const node of plan.nodes) {
    if (node.kind === 'capture') {
      units.push({ id: node.id, phase: 'capture', work: (context) => captureWork(node, plan, context) });
    } else if (node.kind === 'stream' && node.mode !== 'cdc') {
      units.push({ id: node.id, phase: 'capture', work: (context) => readingWork(node, context, readsOf(node, plan)) });
    } else if (node.kind === 'replicate') {
      units.push({ id: node.id, phase: 'replicate', work: (context) => replicateWork(node, context) });
    } else if (node.kind === 'publish') {
      units.push({ id: node.id, phase: 'publish', work: (context) => publishWork(node, context) });
    } else if (node.kind === 'verify') {
      units.push({ id: node.id, phase: 'verify', work: (context) => verifyWork(node, plan, context) });
    }
  }
  const purges = groupedBy(
    plan.nodes.filter((node) => node.kind === 'purge'),
    ({ container }) => container,
  );
  // Purging is rare and short: one for a database, so that it needs one session now and then.
  for (const [container, nodes] of purges)
    units.push({
      id: `purge:${container}`,
      phase: 'purge',
      work: (context) => purgeWork(nodes, plan, container, context),
    });
  return units;
}
