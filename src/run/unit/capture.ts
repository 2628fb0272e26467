import { allEnded } from '../../base/all-ended.ts';
import { steadyMs } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { runCapture } from '../../flow/capture/cdc.ts';
import { progressOf } from '../../flow/capture/load-progress.ts';
import { sourceTables } from '../../flow/capture/source-tables.ts';
import { ChecksFailed } from '../../flow/quality/failed.ts';
import type { CaptureNode, Plan } from '../../plan/plan.ts';
import { readsOf } from '../handover.ts';
import { watchAsked } from './asked.ts';
import { restingPlace, type WorkContext } from './context.ts';

/** How often a load is told of. */
const loadingEveryMs = 10_000;

/** Runs the one reader of a source's log for all its streams. */
export async function captureWork(node: CaptureNode, plan: Plan, context: WorkContext): Promise<void> {
  const engine = await context.containers.engine(node.container);
  const capture = must(engine.capture, `capture of ${node.container}`);
  const log = must(capture.log, `change log of ${node.container}`);
  const streams = plan.nodes
    .filter((other) => other.kind === 'stream')
    .filter((other) => node.streams.includes(other.id));
  const streamOf = (address: string) =>
    must(
      streams.find((other) => other.stream === address),
      `stream ${address}`,
    );
  const noticed = new Set<string>();
  const askedMs = new Map<string, number>();
  /** When a stream's load was told of, by its address. */
  const toldMs = new Map<string, number>();
  let reopen: (() => void) | null = null;
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const watching = context.once ? Promise.resolve() : watchAsked(streams, context, signal, () => reopen?.());
  const running = runCapture(
    log,
    await context.containers.access(node.container),
    capture,
    node.name,
    streams.map((stream) => ({
      node: stream,
      reads: readsOf(stream, plan),
      store: () => context.containers.connect(stream.container, `streams of ${node.connection}`),
    })),
    {
      ...context.trial,
      clock: context.clock,
      signal,
      onOpened: (again) => {
        reopen = again;
      },
      untilCaughtUp: context.once,
      directory: context.containers.directory,
      onTrouble(address, failure, retryAfterMs) {
        const stopped = address === null ? null : streamOf(address).id;
        if (failure instanceof ChecksFailed)
          for (const finding of failure.findings) context.on({ kind: 'held', unit: node.id, node: stopped, finding });
        else context.on({ kind: 'failed', unit: node.id, node: stopped, message: failure.message, retryAfterMs });
      },
      onLoss(address, finding) {
        const held = address === null ? null : streamOf(address).id;
        context.on({ kind: 'held', unit: node.id, node: held, finding });
      },
      onNotice(address, finding) {
        if (noticed.has(finding.digest)) return;
        noticed.add(finding.digest);
        context.on({ kind: 'noticed', unit: node.id, node: streamOf(address).id, finding });
      },
      async isReadable(stream) {
        const nowMs = steadyMs(context.clock);
        // Once a minute: a log that cannot be read although its source is as it should be must not be opened over and over.
        if (nowMs - (askedMs.get(stream.id) ?? Number.NEGATIVE_INFINITY) < 60_000) return false;
        askedMs.set(stream.id, nowMs);
        await using source = await context.containers.connect(node.container, 'preflight');
        const found = await capture.preflight(source, 'cdc', sourceTables(stream), node.name);
        return found.every(({ severity }) => severity !== 'error');
      },
      onWarning(finding) {
        context.on({ kind: 'warned', unit: node.id, finding });
      },
      onLoading(address, tables) {
        const nowMs = steadyMs(context.clock);
        // A load that takes less is told when it is through.
        const told = toldMs.get(address) ?? nowMs;
        if (!toldMs.has(address) || nowMs - told >= loadingEveryMs) toldMs.set(address, nowMs);
        if (nowMs - told < loadingEveryMs) return;
        const parts = tables.map((table) => ({ address: table.dataset.address, parts: table.parts }));
        const progress = progressOf(parts, false);
        context.on({ kind: 'loading', unit: node.id, node: streamOf(address).id, stream: address, progress });
      },
      onBatch(address, outcome) {
        const stream = streamOf(address);
        const place = restingPlace(stream.container, address);
        context.asOf.set(place, outcome.asOfMs);
        context.on({
          kind: 'moved',
          unit: node.id,
          node: stream.id,
          stream: address,
          container: stream.container,
          ordinal: outcome.ordinal,
          position: outcome.position,
          rows: outcome.rows,
          asOfMs: outcome.asOfMs,
        });
        context.bells.ring(place);
      },
    },
  );
  await allEnded([running.finally(() => ended.abort()), watching], () => ended.abort());
}
