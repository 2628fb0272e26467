import type { Clock } from '../base/clock.ts';
import { must } from '../base/must.ts';
import type { Capture } from '../engine/capture.ts';
import type { Connection } from '../engine/connection.ts';
import { readCheckpoint } from '../flow/checkpoint.ts';
import type { Kept } from '../flow/verify/part.ts';
import type { VerifyRequest } from '../flow/verify/request.ts';
import type { DatasetVerdict } from '../flow/verify/verdict.ts';
import { verifyDataset } from '../flow/verify/verify.ts';
import type { Ledger } from '../ledger/open.ts';
import type { Plan, StreamDataset, StreamNode } from '../plan/plan.ts';
import type { Containers } from './containers.ts';

export type Verdict = {
  readonly checked: number;
  readonly differences: number;
  readonly datasets: readonly DatasetVerdict[];
  /** Does a living process move rows of the environment? */
  readonly isMoved: boolean;
};

/**
 * Is every row of the source in its store and in every replica, and nothing else? `address`: a zone, a team, a datastore or one dataset;
 * null: all. Where a living process moves the rows meanwhile, what differs is looked at again once it has caught up.
 */
export async function verifyPlan(
  plan: Plan,
  containers: Containers,
  ledger: Ledger,
  options: {
    readonly clock: Clock;
    readonly address: string | null;
    readonly onProgress?: (dataset: string, kept: Kept) => void;
  },
): Promise<Verdict> {
  const moving = new Set((await ledger.owners()).filter((owner) => owner.process !== null).map((owner) => owner.unit));
  const datasets: DatasetVerdict[] = [];
  for (const node of plan.nodes) {
    if (node.kind !== 'stream') continue;
    const isMoving = unitsThatMove(plan, node).some((unit) => moving.has(unit));
    for (const dataset of node.datasets) {
      if (options.address !== null && !isAbout(dataset.address, options.address)) continue;
      const request = await requestOf(plan, containers, ledger, node, dataset, { clock: options.clock, isMoving });
      const { onProgress } = options;
      datasets.push(
        await verifyDataset({
          ...request,
          ...(onProgress === undefined ? {} : { onProgress: async (kept) => onProgress(dataset.address, kept) }),
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

/** What there is to verify of a dataset, in the plan's databases. */
export async function requestOf(
  plan: Plan,
  containers: Containers,
  ledger: Pick<Ledger, 'statistics'>,
  node: StreamNode,
  dataset: StreamDataset,
  { clock, isMoving, signal }: { readonly clock: Clock; readonly isMoving: boolean; readonly signal?: AbortSignal },
): Promise<VerifyRequest> {
  const capture = must((await containers.engine(node.source)).capture, `capture of ${node.source}`);
  const connect = (container: string) => () => containers.connect(container, 'verify');
  return {
    stream: node.stream,
    mode: node.mode,
    dataset,
    source: { connect: connect(node.source), capture },
    store: { connect: connect(node.container) },
    replicas: replicasOf(plan, node.stream, dataset.address, containers),
    clock,
    catchUp: isMoving ? catchingUp(capture, ledger, node, connect(node.container), clock, signal) : null,
  };
}

const patienceMs = 60_000;
const lookEveryMs = 50;
const longestMs = 300_000;

/** Waits until the store has what a session at the source has seen: by the log's position, else by when it was last read. */
function catchingUp(
  capture: Capture,
  ledger: Pick<Ledger, 'statistics'>,
  node: StreamNode,
  connect: () => Promise<Connection>,
  clock: Clock,
  signal: AbortSignal | undefined,
): (source: Connection) => Promise<boolean> {
  return async (source) => {
    const askedMs = clock.nowMs();
    if (node.mode === 'cdc' && capture.logEnd !== undefined) {
      const end = await capture.logEnd(source);
      await using store = await connect();
      return await waitUntil(clock, signal, askedMs + patienceMs, async () => {
        const held = await readCheckpoint(store, node.stream);
        return (held?.position ?? '') >= end;
      });
    }
    const untilMs = askedMs + Math.min(longestMs, patienceMs + 2 * node.intervalMs);
    return waitUntil(clock, signal, untilMs, async () => {
      const known = (await ledger.statistics()).find((one) => one.node === node.id);
      return (known?.freshAtMs ?? 0) > askedMs;
    });
  };
}

async function waitUntil(
  clock: Clock,
  signal: AbortSignal | undefined,
  untilMs: number,
  isSo: () => Promise<boolean>,
): Promise<boolean> {
  for (;;) {
    if (await isSo()) return true;
    if (clock.nowMs() >= untilMs || signal?.aborted === true) return false;
    await clock.sleep(lookEveryMs, signal);
  }
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
  return dataset === address || dataset.startsWith(`${address}.`) || dataset.startsWith(`${address}/`);
}
