import type { Clock } from '../base/clock.ts';
import { must } from '../base/must.ts';
import { type DatasetVerdict, verifyDataset } from '../flow/verify/verify.ts';
import type { Ledger } from '../ledger/open.ts';
import type { Plan, StreamNode } from '../plan/plan.ts';
import type { Containers } from './containers.ts';

export type Verdict = {
  readonly checked: number;
  readonly differences: number;
  readonly datasets: readonly DatasetVerdict[];
  /** Does a living process move rows of the environment? */
  readonly isMoved: boolean;
};

/**
 * Is every row of the source in its store and in every replica, and nothing else? `address`: a datastore or one dataset;
 * null: all. Where a living process moves the rows meanwhile, what differs is looked at again once it has caught up.
 */
export async function verifyPlan(
  plan: Plan,
  containers: Containers,
  ledger: Ledger,
  options: { readonly clock: Clock; readonly address: string | null },
): Promise<Verdict> {
  const moving = new Set((await ledger.owners()).filter((owner) => owner.process !== null).map((owner) => owner.unit));
  const datasets: DatasetVerdict[] = [];
  for (const node of plan.nodes) {
    if (node.kind !== 'stream') continue;
    const capture = must((await containers.engine(node.source)).capture, `capture of ${node.source}`);
    const isMoving = unitsThatMove(plan, node).some((unit) => moving.has(unit));
    for (const dataset of node.datasets) {
      if (options.address !== null && !isAbout(dataset.address, options.address)) continue;
      datasets.push(
        await verifyDataset({
          stream: node.stream,
          dataset,
          source: { connect: () => containers.connect(node.source, 'verify'), read: capture.read },
          store: { connect: () => containers.connect(node.container, 'verify') },
          replicas: replicasOf(plan, node.stream, dataset.address, containers),
          catchUp: isMoving ? () => caughtUp(ledger, node, options.clock) : null,
        }),
      );
    }
  }
  return {
    checked: datasets.reduce((sum, verdict) => sum + verdict.checked, 0),
    differences: datasets.reduce((sum, verdict) => sum + verdict.differences, 0),
    datasets,
    isMoved: moving.size > 0,
  };
}

const patienceMs = 60_000;

/** Everything committed before now is in the store, as far as whoever moves the rows has told the ledger. */
async function caughtUp(ledger: Ledger, node: StreamNode, clock: Clock): Promise<boolean> {
  const askedMs = clock.nowMs();
  while (clock.nowMs() < askedMs + patienceMs) {
    const known = (await ledger.statistics()).find((one) => one.node === node.id);
    if ((known?.freshAtMs ?? 0) > askedMs) return true;
    await clock.sleep(200);
  }
  return false;
}

function unitsThatMove(plan: Plan, node: StreamNode): string[] {
  const captures = plan.nodes.filter((other) => other.kind === 'capture' && other.streams.includes(node.id));
  return [node.id, ...captures.map((capture) => capture.id)];
}

function replicasOf(plan: Plan, stream: string, address: string, containers: Containers) {
  return plan.nodes.flatMap((node) => {
    if (node.kind !== 'replicate' || node.stream !== stream) return [];
    return node.datasets
      .filter((dataset) => dataset.address === address)
      .map((dataset) => ({
        container: node.container,
        dataset,
        connect: () => containers.connect(node.container, 'verify'),
      }));
  });
}

function isAbout(dataset: string, address: string): boolean {
  return dataset === address || dataset.startsWith(`${address}.`);
}
