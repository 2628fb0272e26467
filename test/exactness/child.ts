import { systemClock } from '../../src/base/clock.ts';
import type { Access } from '../../src/engine/engine.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { postgresLog } from '../../src/engines/postgres/log/log.ts';
import { runCapture } from '../../src/flow/capture/cdc.ts';
import { streams } from './company.ts';

/** The capture process of the exactness story; it is told what to do by its parent, and killed by it. */
export type Order = {
  readonly source: Access;
  readonly store: Access;
  readonly name: string;
  readonly batchBytes: number;
  readonly untilCaughtUp: boolean;
  /** Stands still at the n-th time this step is reached, and says so. */
  readonly stopAt: { readonly step: string; readonly time: number } | null;
};

process.once('message', (order: Order) => {
  capturing(order).then(
    () => process.exit(0),
    (failure: unknown) => {
      console.error(failure);
      process.exit(1);
    },
  );
});
// A child without a parent has nothing to do.
process.on('disconnect', () => process.exit(2));

async function capturing(order: Order): Promise<void> {
  let times = 0;
  await runCapture(
    postgresLog(connect),
    order.source,
    capture,
    order.name,
    streams.map((node) => ({ node, store: () => connect(order.store, 'exactness') })),
    {
      clock: systemClock,
      signal: new AbortController().signal,
      onBatch: () => undefined,
      onTrouble: (stream, failure) => console.error(stream, failure.message),
      untilCaughtUp: order.untilCaughtUp,
      batchBytes: order.batchBytes,
      hook: async (step) => {
        if (step !== order.stopAt?.step || ++times !== order.stopAt.time) return;
        process.send?.(step);
        await new Promise(() => undefined);
      },
    },
  );
}
