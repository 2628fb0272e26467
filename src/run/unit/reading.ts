import { steadyMs } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { isPaused } from '../../flow/capture/inbox/orders.ts';
import type { ReadOutcome } from '../../flow/capture/merge-reads.ts';
import { isQuiet, nothingRemembered } from '../../flow/capture/quiet.ts';
import { readJoinedColumns } from '../../flow/capture/read-joined.ts';
import { readSnapshot } from '../../flow/capture/snapshot.ts';
import { sourceTables } from '../../flow/capture/source-tables.ts';
import { readWatermark } from '../../flow/capture/watermark/watermark.ts';
import { type Checkpoint, Fenced, stillOurs, takeOver } from '../../flow/checkpoint.ts';
import { ChecksFailed } from '../../flow/quality/failed.ts';
import { changesWithTime, judgeDatasets } from '../../flow/quality/judge-datasets.ts';
import { doOrders } from '../../flow/quality/release.ts';
import { ensureTables } from '../../flow/tables.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { restingPlace, type WorkContext } from './context.ts';

/**
 * Reads a stream of snapshot() or watermark() at its interval. The interval runs from the start of one read to the start
 * of the next, and is a maximum: a read that takes longer is followed by the next at once.
 */
export async function readingWork(
  node: StreamNode,
  context: Omit<WorkContext, 'ledger'>,
  reads?: string,
): Promise<void> {
  const { sessions } = context;
  const engine = await context.containers.engine(node.source);
  const capture = must(engine.capture, `capture of ${node.source}`);
  const addresses = node.datasets.map(({ address }) => address);
  const belief = { addresses, ...(reads === undefined ? {} : { reads }) };
  const [kept, taken] = await sessions.lend(node.container, async (store) => {
    const datasets = await ensureTables(store, node.datasets);
    await readJoinedColumns(store, datasets);
    return [{ ...node, datasets }, await takeOver(store, node.stream, belief)] as const;
  });
  let held = taken;
  const memory = nothingRemembered();
  let warned: string | undefined;
  while (!context.signal.aborted) {
    const startedMs = context.clock.nowMs();
    const sinceMs = steadyMs(context.clock);
    if (await sessions.lend(node.container, (store) => isPaused(store, node.stream))) {
      if (context.once) return;
      await context.clock.sleep(pausedLookMs, context.signal);
      continue;
    }
    const ours = await regained(held);
    if (ours === null) throw new Fenced(node.stream);
    held = ours;
    const outcome = await readOrAsk(held, startedMs);
    held = outcome.held;
    if (outcome.kind === 'held') {
      for (const finding of outcome.findings) context.on({ kind: 'held', unit: node.id, node: node.id, finding });
    } else {
      if (outcome.kind === 'unchanged') await judgeAge(held);
      const place = restingPlace(node.container, node.stream);
      context.asOf.set(place, startedMs);
      const [notice = null] = outcome.findings;
      // The same again is no news.
      if (notice?.digest !== warned) context.on({ kind: 'warned', unit: node.id, finding: notice });
      warned = notice?.digest;
      context.on({
        kind: 'moved',
        unit: node.id,
        node: node.id,
        stream: node.stream,
        container: node.container,
        ordinal: held.ordinal,
        position: held.position,
        rows: movedRows(outcome),
        asOfMs: startedMs,
      });
      context.bells.ring(place);
    }
    if (context.once) return;
    await context.clock.sleep(Math.max(0, sinceMs + node.intervalMs - steadyMs(context.clock)), context.signal);
  }

  /**
   * Where the stream is, if it is ours. Where that is further back than we brought it, a copy has taken the store's place:
   * what was read is compared anew, whether or not the source has changed since.
   */
  function regained(from: Checkpoint): Promise<Checkpoint | null> {
    return sessions.lend(node.container, async (store) => {
      const now = await stillOurs(store, from);
      if (now === null || now.ordinal >= from.ordinal) return now;
      Object.assign(memory, nothingRemembered());
      return takeOver(store, node.stream, belief);
    });
  }

  /** Changes that wait are looked at where there may be some. */
  async function withOrders(from: Checkpoint): Promise<Checkpoint> {
    if (from.ordinal === 0n || !kept.datasets.some(({ quarantine }) => quarantine !== undefined)) return from;
    const done = await sessions.lend(node.container, (store) => doOrders(store, kept, from));
    // What is no longer waiting is compared with the source anew.
    if (done.dropped > 0) memory.quiet = null;
    return done.held;
  }

  /** What time alone changes. */
  async function judgeAge({ stream, ordinal }: Checkpoint): Promise<void> {
    if (!changesWithTime(kept.datasets)) return;
    await sessions.lend(node.container, (store) =>
      store.transaction(() => judgeDatasets(store, kept.datasets, stream, ordinal, 'idle')),
    );
  }

  async function readOrAsk(from: Checkpoint, startedMs: number): Promise<ReadOutcome> {
    let at = from;
    try {
      at = await withOrders(from);
      const begun = at;
      return await sessions.lend(node.source, (source) => readOnce(source, begun, startedMs));
    } catch (failure) {
      const begun = at;
      const moved = failure instanceof Fenced ? await regained(begun) : null;
      if (moved !== null) return readOrAsk(moved, startedMs);
      const findings = failure instanceof ChecksFailed ? failure.findings : await whyNotReadable(failure);
      if (findings.length === 0) throw failure;
      return { kind: 'held', held: at, rows: {}, changes: {}, findings };
    }
  }

  async function readOnce(source: Connection, from: Checkpoint, startedMs: number): Promise<ReadOutcome> {
    if (await isQuiet(source, memory, startedMs))
      return { kind: 'unchanged', held: from, rows: {}, changes: {}, findings: [] };
    const more = {
      source: () => context.containers.connect(node.source, `second session of ${node.stream}`),
      store: () => context.containers.connect(node.container, `second session of ${node.stream}`),
    };
    const read = node.mode === 'watermark' ? readWatermark : readSnapshot;
    return sessions.lend(node.container, (store) =>
      read(source, capture, store, kept, from, startedMs, { memory, more }),
    );
  }

  /** What the source itself says, asked again, where a read failed for what may have changed there. */
  async function whyNotReadable(failure: unknown): Promise<readonly Finding[]> {
    if (!(failure instanceof EngineError) || !reasonsToAsk.has(failure.kind)) return [];
    try {
      const found = await sessions.lend(node.source, (source) =>
        capture.preflight(source, 'snapshot', sourceTables(node)),
      );
      return found.filter(({ severity }) => severity === 'error');
    } catch {
      return [];
    }
  }
}

/** How often a paused stream looks whether it may go on. */
const pausedLookMs = 5_000;

const reasonsToAsk: ReadonlySet<EngineError['kind']> = new Set(['missing', 'denied', 'statement']);

/** Rows loaded the first time, changed rows after that. */
function movedRows(outcome: ReadOutcome): number {
  if (outcome.kind === 'loaded') return Object.values(outcome.rows).reduce((sum, rows) => sum + rows, 0);
  return Object.values(outcome.changes).reduce((sum, n) => sum + n, 0);
}
