import { systemClock } from '../../src/base/clock.ts';
import { EngineError } from '../../src/engine/connection.ts';
import { openLedger } from '../../src/ledger/open.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { containersOf } from '../../src/run/containers.ts';
import { deployPlan } from '../../src/run/deploy.ts';
import type { LoopEvent } from '../../src/run/events.ts';
import { runResident } from '../../src/run/loop.ts';
import type { Trial } from '../../src/run/unit/context.ts';

/** What the process that is tried is told. It runs a plan as `freehold run` does, until it is told to stop, or is killed. */
export type Order = {
  readonly kind: 'order';
  readonly plan: Plan;
  readonly name: string;
  readonly root: string;
  /** Stands still at the n-th time that this step is reached, and says so, until it is told to go on. */
  readonly stopAt?: { readonly step: string; readonly time: number };
  readonly trial?: Omit<Trial, 'hook'>;
  /** Applies the plan, as `freehold apply` does, and ends. */
  readonly applies?: true;
};

export type Told =
  | Order
  | { readonly kind: 'stop' }
  | { readonly kind: 'go on' }
  | { readonly kind: 'jump'; readonly ms: number };

export type Said =
  | { readonly kind: 'started' }
  | { readonly kind: 'event'; readonly event: LoopEvent }
  | { readonly kind: 'reached'; readonly step: string }
  | { readonly kind: 'failed'; readonly message: string };

let aheadMs = 0;
const ending = new AbortController();
let goOn = () => {};
const going = new Promise<void>((resolve) => {
  goOn = resolve;
});
const say = (said: Said) => process.send?.(said);

process.on('message', (told: Told) => {
  if (told.kind === 'stop') ending.abort();
  else if (told.kind === 'go on') goOn();
  else if (told.kind === 'jump') aheadMs += told.ms;
  else
    run(told).then(
      () => process.disconnect(),
      (failure: unknown) => {
        say({ kind: 'failed', message: failure instanceof Error ? failure.message : String(failure) });
        if (!(failure instanceof Error) || failure.name !== 'EngineError') console.error(failure);
        process.exitCode = 3;
        process.disconnect();
      },
    );
});
// A child without a parent has nothing to do.
process.on('disconnect', () => setTimeout(() => process.exit(process.exitCode ?? 0), 100));
say({ kind: 'started' });

async function run(order: Order): Promise<void> {
  const { plan } = order;
  await using containers = containersOf(plan.containers, {
    root: order.root,
    secrets: (secret) => Promise.reject(new Error(`no secret '${secret}'`)),
  });
  await using ledger = await openLedger(await containers.access('ledger'), order.name);
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  let times = 0;
  const hook = async (step: string) => {
    if (step !== order.stopAt?.step || ++times !== order.stopAt.time) return;
    say({ kind: 'reached', step });
    await going;
  };
  if (order.applies === true) {
    const found = await deployPlan(plan, containers, ledger, { hook });
    const errors = found.filter(({ severity }) => severity === 'error').map(({ message }) => message);
    if (errors.length > 0) throw new EngineError('statement', errors.join('\n'));
    return;
  }
  await runResident(plan, containers, ledger, {
    clock,
    signal: ending.signal,
    on: (event) => say({ kind: 'event', event }),
    trial: { ...order.trial, hook },
  });
}
