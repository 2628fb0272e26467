import { type Connection, EngineError } from '../engine/connection.ts';
import type { Finding } from '../findings/finding.ts';
import { type Inbox, inboxOf } from '../flow/capture/inbox/inbox.ts';
import { isPaused } from '../flow/capture/inbox/orders.ts';
import { type LoadProgress, progressOf } from '../flow/capture/load-progress.ts';
import { readLoads } from '../flow/capture/load-record.ts';
import { type Checkpoint, readCheckpoint } from '../flow/checkpoint.ts';
import { erasuresOf } from '../flow/erase/erase.ts';
import { countWaiting } from '../flow/quality/orders.ts';
import { type Result, resultsOf } from '../flow/quality/results.ts';
import { quarantinedIn } from '../flow/quality/waiting.ts';
import { type Switching, switchingIn } from '../flow/reshape/switching.ts';
import type { Ledger } from '../ledger/open.ts';
import type { Statistics } from '../ledger/statistics.ts';
import type { Verified } from '../ledger/verified.ts';
import type { Plan, PublishNode, StreamNode } from '../plan/plan.ts';
import { type Containers, containerName } from './containers.ts';
import { lackingReplicas } from './erase.ts';

export type StreamStatus = {
  readonly address: string;
  readonly state: 'running' | 'idle' | 'late' | 'parked' | 'paused';
  readonly ordinal: bigint;
  readonly position: string | null;
  /** Rows merged since the first start. */
  readonly rows: number;
  readonly promisedMs: number | null;
  /** How old the rows are: everything committed at the source before then is there. Null while never loaded. */
  readonly freshMs: number | null;
  readonly lateBecause: string | null;
  /** Changes that wait in the store, since when and why; null: they are merged as they come. */
  readonly inbox: Pick<Inbox, 'why' | 'reason' | 'sinceMs' | 'bytes' | 'position'> | null;
  /** How far the load of its datasets has come; null: they are loaded, or none has begun. */
  readonly loading: LoadProgress | null;
  /** Datasets of it that an apply gives another layout just now, and how far that is. */
  readonly switching: readonly Switching[];
  readonly findings: readonly Finding[];
  /** Of what was erased in its store: replicas that have not erased it yet, and is something else of it still to be done? */
  readonly erasing: { readonly replicas: readonly string[]; readonly isFinished: boolean };
  /** Of its datasets: the last run of each check. */
  readonly checks: readonly CheckStatus[];
  /** Datasets of which changes wait in quarantine. */
  readonly quarantined: readonly { readonly address: string; readonly keys: number; readonly changes: number }[];
};

/** `failed`: of the last run; `measured`: what a check of all rows found, as people read it. */
export type CheckStatus = Pick<
  Result,
  'address' | 'check' | 'outcome' | 'failed' | 'failedTotal' | 'measured' | 'samples'
> & {
  readonly ranAt: string | null;
  readonly failedAt: string | null;
};

export type GroupStatus = {
  readonly address: string;
  readonly engine: string;
  readonly promisedMs: number | null;
  readonly freshMs: number | null;
};

/** What was last proven of the datasets of the plan, by the verification that goes on while the loop runs. */
export type VerifiedStatus = {
  /** Rounds that are whole: in each, every loaded dataset was verified. 0: the first goes on. */
  readonly round: number;
  /** When the last proof of the oldest was made, ms since 1970; null: some have none yet. */
  readonly atMs: number | null;
  readonly datasets: number;
  readonly unverified: number;
  readonly checked: number;
  readonly ranges: number;
  readonly differences: number;
  readonly findings: readonly Finding[];
};

export type Status = {
  readonly streams: readonly StreamStatus[];
  readonly groups: readonly GroupStatus[];
  /** Null: nothing was verified yet. */
  readonly verified: VerifiedStatus | null;
};

/** What runs and how fresh it is. Ordinals and positions are the stores' own; ages and rows are from the ledger. */
export async function statusOf(plan: Plan, containers: Containers, ledger: Ledger, nowMs: number): Promise<Status> {
  const statistics = new Map((await ledger.statistics()).map((known) => [known.node, known]));
  const owned = new Set((await ledger.owners()).filter((owner) => owner.process !== null).map((owner) => owner.unit));
  const streams: StreamStatus[] = [];
  for (const node of plan.nodes) {
    if (node.kind !== 'stream') continue;
    const { place, erasing, quality } = await lookInStore(plan, node, containers);
    const isRunning = isOwned(node, plan, owned);
    streams.push({ ...streamStatus(node, place, statistics.get(node.id), isRunning, nowMs), erasing, ...quality });
  }
  const groups = plan.nodes.flatMap((node) =>
    node.kind === 'publish' ? [groupStatus(node, plan, statistics, nowMs)] : [],
  );
  return { streams, groups, verified: verifiedStatus(plan, await ledger.verified()) };
}

function verifiedStatus(plan: Plan, known: readonly Verified[]): VerifiedStatus | null {
  const addresses = plan.nodes.flatMap((node) =>
    node.kind === 'stream' ? node.datasets.map((dataset) => dataset.address) : [],
  );
  const proven = known.filter((each) => each.round > 0 && addresses.includes(each.address));
  if (proven.length === 0) return null;
  const sum = (of: (each: Verified) => number) => proven.reduce((total, each) => total + of(each), 0);
  const isWhole = proven.length === addresses.length;
  return {
    round: isWhole ? Math.min(...proven.map((each) => each.round)) : 0,
    atMs: isWhole ? Math.min(...proven.map((each) => each.atMs ?? 0)) : null,
    datasets: proven.length,
    unverified: addresses.length - proven.length,
    checked: sum((each) => each.checked),
    ranges: sum((each) => each.ranges),
    differences: sum((each) => each.differences),
    findings: proven.flatMap((each) => each.findings),
  };
}

function streamStatus(
  node: StreamNode,
  place: Place | EngineError | null,
  known: Statistics | undefined,
  isRunning: boolean,
  nowMs: number,
): Omit<StreamStatus, 'erasing' | keyof Quality> {
  const {
    held: reached = null,
    inbox = null,
    isPaused: isHeld = false,
    loading = null,
    switching = [],
  } = place instanceof EngineError ? {} : (place ?? {});
  const freshMs =
    known?.freshAtMs === undefined || known.freshAtMs === null ? null : Math.max(0, nowMs - known.freshAtMs);
  const problem =
    place instanceof EngineError
      ? place.message
      : inbox?.why === 'parked'
        ? inbox.reason
        : (errorOf(known)?.message ?? known?.lastError ?? null);
  const isLate = freshMs !== null && node.promisedMs !== null && freshMs > node.promisedMs;
  const state = isHeld ? 'paused' : problem !== null ? 'parked' : !isRunning ? 'idle' : isLate ? 'late' : 'running';
  return {
    address: node.stream,
    state,
    ordinal: reached?.ordinal ?? 0n,
    position: reached?.position ?? null,
    rows: known?.mergedRows ?? 0,
    promisedMs: node.promisedMs,
    freshMs,
    lateBecause:
      problem ??
      (isLate ? (isRunning ? 'its batches take longer than the promise' : 'no process runs it: freehold run') : null),
    inbox:
      inbox === null
        ? null
        : {
            why: inbox.why,
            reason: inbox.reason,
            sinceMs: inbox.sinceMs,
            bytes: inbox.bytes,
            position: inbox.position,
          },
    loading,
    switching,
    findings: known?.finding ? [known.finding] : [],
  };
}

/** A warning is shown, and does not stop the stream. */
function errorOf(known: Statistics | undefined): Finding | null {
  return known?.finding?.severity === 'error' ? known.finding : null;
}

/** A group is as fresh as the oldest of its streams, where it is served. */
function groupStatus(
  node: PublishNode,
  plan: Plan,
  statistics: ReadonlyMap<string, Statistics>,
  nowMs: number,
): GroupStatus {
  const container = plan.containers[node.container];
  const ages = [...new Set(node.views.map((view) => view.stream))].map((stream) => {
    const filling = plan.nodes.find(
      (other) =>
        (other.kind === 'stream' || other.kind === 'replicate') &&
        other.container === node.container &&
        other.stream === stream,
    );
    const freshAtMs = filling === undefined ? null : (statistics.get(filling.id)?.freshAtMs ?? null);
    return freshAtMs === null ? null : Math.max(0, nowMs - freshAtMs);
  });
  return {
    address: node.group,
    engine: containerName(container),
    promisedMs: node.promisedMs,
    freshMs: ages.some((age) => age === null) ? null : Math.max(...ages.map((age) => age ?? 0)),
  };
}

function isOwned(node: StreamNode, plan: Plan, owned: ReadonlySet<string>): boolean {
  if (owned.has(node.id)) return true;
  return plan.nodes.some((other) => other.kind === 'capture' && other.streams.includes(node.id) && owned.has(other.id));
}

/** Where a stream is, as its store says. */
type Place = {
  readonly held: Checkpoint | null;
  readonly inbox: Inbox | null;
  readonly isPaused: boolean;
  readonly loading: LoadProgress | null;
  readonly switching: readonly Switching[];
};

type InStore = {
  readonly place: Place | EngineError | null;
  readonly erasing: StreamStatus['erasing'];
  readonly quality: Quality;
};

type Quality = Pick<StreamStatus, 'checks' | 'quarantined'>;

const nothingAsked: Quality = { checks: [], quarantined: [] };

async function lookInStore(plan: Plan, node: StreamNode, containers: Containers): Promise<InStore> {
  const nothing = { replicas: [], isFinished: true };
  try {
    await using store = await containers.connect(node.container, 'status');
    const held = await readCheckpoint(store, node.stream);
    const place = {
      held,
      inbox: await inboxOf(store, node.stream),
      isPaused: await isPaused(store, node.stream),
      loading: await loadingIn(store, node.stream),
      switching: await switchingIn(
        store,
        node.datasets.map(({ address }) => address),
      ),
    };
    const quality = held === null ? nothingAsked : await qualityOf(node, store);
    if (held === null || held.erased === 0n) return { place, erasing: nothing, quality };
    const isFinished = (await erasuresOf(store, node.datasets)).every((erasure) => erasure.isFinished);
    return { place, erasing: { replicas: await lackingReplicas(store, plan, node), isFinished }, quality };
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'missing')
      return { place: null, erasing: nothing, quality: nothingAsked };
    if (error instanceof EngineError) return { place: error, erasing: nothing, quality: nothingAsked };
    throw error;
  }
}

async function loadingIn(store: Connection, stream: string): Promise<LoadProgress | null> {
  const records = [...(await readLoads(store, stream)).values()];
  if (records.length === 0) return null;
  return progressOf(
    records,
    records.every(({ isWhole }) => isWhole),
  );
}

async function qualityOf(node: StreamNode, store: Connection): Promise<Quality> {
  const asked = node.datasets.filter(({ checks = [] }) => checks.length > 0);
  const results = await resultsOf(
    store,
    asked.map(({ address }) => address),
  );
  const quarantined = [];
  for (const dataset of node.datasets) {
    const kept = await quarantinedIn(store, dataset);
    if (kept.quarantine === undefined) continue;
    const { keys, changes } = await countWaiting(store, kept);
    if (keys > 0) quarantined.push({ address: dataset.address, keys, changes });
  }
  const at = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  const checks = results.map(
    ({ address, check, outcome, failed, failedTotal, measured, samples, ranAtMs, failedAtMs }) => ({
      address,
      check,
      outcome,
      failed,
      failedTotal,
      measured,
      samples,
      ranAt: at(ranAtMs),
      failedAt: at(failedAtMs),
    }),
  );
  return { checks, quarantined };
}
