import { must } from '../../base/must.ts';
import { runCapture } from '../../flow/capture/cdc.ts';
import type { CaptureNode, Plan } from '../../plan/plan.ts';
import { watchAsked } from './asked.ts';
import { restingPlace, type WorkContext } from './context.ts';

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
      store: () => context.containers.connect(stream.container, `streams of ${node.connection}`),
    })),
    {
      clock: context.clock,
      signal,
      onOpened: (again) => {
        reopen = again;
      },
      untilCaughtUp: context.once,
      directory: context.containers.directory,
      onTrouble(address, failure, retryAfterMs) {
        const stopped = address === null ? null : streamOf(address).id;
        context.on({ kind: 'failed', unit: node.id, node: stopped, message: failure.message, retryAfterMs });
      },
      onLoss(address, finding) {
        const held = address === null ? null : streamOf(address).id;
        context.on({ kind: 'held', unit: node.id, node: held, finding });
      },
      onNotice(address, finding) {
        context.on({ kind: 'held', unit: node.id, node: streamOf(address).id, finding });
      },
      onWarning(finding) {
        context.on({ kind: 'warned', unit: node.id, finding });
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
  await Promise.all([running.finally(() => ended.abort()), watching]);
}
