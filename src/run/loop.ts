import { setMaxListeners } from 'node:events';
import { type Clock, steadyMs } from '../base/clock.ts';
import { EngineError } from '../engine/connection.ts';
import { Fenced, Superseded } from '../flow/checkpoint.ts';
import { lentSessions, type Sessions } from '../flow/sessions.ts';
import type { Ledger } from '../ledger/open.ts';
import type { Plan } from '../plan/plan.ts';
import { makeBells } from './bells.ts';
import type { Containers } from './containers.ts';
import type { Listener } from './events.ts';
import type { Trial, WorkContext } from './unit/context.ts';
import { phases, type Unit, unitsOf } from './units.ts';

export type LoopOptions = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly on: Listener;
  readonly trial?: Trial;
};

/**
 * Everything that there is to do now, once: captures until they have what their sources had at the start, then replicas,
 * then views. Units of other living processes are left to them. Errors: the first failure, after the other units ended.
 */
export async function runOnce(plan: Plan, containers: Containers, ledger: Ledger, options: LoopOptions): Promise<void> {
  const stopped: string[] = [];
  const on: Listener = (event) => {
    if (event.kind === 'failed' && event.retryAfterMs === null) stopped.push(event.message);
    options.on(event);
  };
  await using sessions = sessionsOf(containers);
  const context = contextOf(containers, sessions, ledger, { ...options, on }, true);
  const units = unitsOf(plan);
  for (const phase of phases) {
    if (options.signal.aborted) return;
    const wanted = units.filter((unit) => unit.phase === phase);
    const owned = new Set((await ledger.acquire(wanted.map((unit) => unit.id))).map(({ unit }) => unit));
    const elsewhere = wanted.filter((unit) => !owned.has(unit.id)).map((unit) => unit.id);
    if (elsewhere.length > 0) options.on({ kind: 'elsewhere', units: elsewhere });
    const mine = wanted.filter((unit) => owned.has(unit.id));
    try {
      const ended = await Promise.allSettled(mine.map((unit) => unit.work(context)));
      const failed = ended.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    } finally {
      await ledger.release([...owned]);
    }
  }
  // A stream that stopped for good did not hold back the others; but not everything is caught up.
  if (stopped.length > 0) throw new EngineError('statement', stopped.join('\n'));
}

/**
 * The resident loop: owns whatever unit nobody living owns, does its work until the signal aborts, tries again with
 * growing pauses where the world fails. A process that lost a unit cannot commit for it: the checkpoint's compare-and-set
 * fences it, and it lets the unit go. Once another plan is applied, it stops with an error that says so.
 */
export async function runResident(
  plan: Plan,
  containers: Containers,
  ledger: Ledger,
  options: LoopOptions,
): Promise<void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  await using sessions = sessionsOf(containers);
  const context = contextOf(containers, sessions, ledger, { ...options, signal }, false);
  const units = new Map(unitsOf(plan).map((unit) => [unit.id, unit]));
  const running = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  const began = await ledger.deployedDigest(plan.environment);
  const work = async () => {
    // Without the session that holds our lock others take our units, and nobody would see that we go on.
    if (!(await ledger.isHeld())) throw lostLedger();
    if ((await ledger.deployedDigest(plan.environment)) !== began) {
      failures.push(otherPlan());
      ending.abort();
      return;
    }
    const wanted = [...units.keys()].filter((id) => !running.has(id));
    for (const { unit: id, epoch } of wanted.length === 0 ? [] : await ledger.acquire(wanted)) {
      const unit = units.get(id);
      if (unit === undefined) continue;
      options.on({ kind: 'owned', unit: id, epoch });
      running.set(
        id,
        supervise(unit, context, ledger).then(
          (fate) => void (fate === 'lost' && running.delete(id)),
          (error: unknown) => {
            failures.push(error);
            ending.abort();
          },
        ),
      );
    }
    await options.clock.sleep(acquireEveryMs, signal);
  };
  try {
    while (!signal.aborted) await work();
  } finally {
    ending.abort();
    await Promise.all(running.values());
  }
  const released = ledger.release([...running.keys()]);
  if (failures.length > 0) {
    // The first failure is the one to tell.
    await released.catch(() => undefined);
    throw failures[0];
  }
  await released;
}

function lostLedger(): EngineError {
  return new EngineError(
    'unreachable',
    'The ledger is gone, so this process stopped. What was committed is safe: start it again.',
  );
}

function otherPlan(): EngineError {
  return new EngineError(
    'statement',
    'Another plan was applied, so this process stopped: what it did by the one before is done by others now, or otherwise. ' +
      'What was committed is safe: start it again with the model as it is now.',
  );
}

const acquireEveryMs = 2_000;
const firstRetryMs = 500;
const lastRetryMs = 60_000;

/** Ends 'done' when the unit has nothing more to do or the process stops, 'lost' when another process took it over. */
async function supervise(unit: Unit, context: WorkContext, ledger: Ledger): Promise<'done' | 'lost'> {
  let retryAfterMs = firstRetryMs;
  while (!context.signal.aborted) {
    const startedMs = steadyMs(context.clock);
    try {
      await unit.work(context);
      return 'done';
    } catch (error) {
      if (context.signal.aborted) return 'done';
      if (error instanceof Fenced) {
        await ledger.release([unit.id]);
        return 'lost';
      }
      if (!(error instanceof EngineError)) throw error;
      if (error instanceof Superseded) {
        // Whoever has the plan that was applied last takes it.
        context.on({ kind: 'failed', unit: unit.id, node: null, message: error.message, retryAfterMs: null });
        await ledger.release([unit.id]);
        return 'done';
      }
      if (steadyMs(context.clock) - startedMs > lastRetryMs) retryAfterMs = firstRetryMs;
      if (!error.isPassing) retryAfterMs = lastRetryMs;
      context.on({ kind: 'failed', unit: unit.id, node: null, message: error.message, retryAfterMs });
      await context.clock.sleep(retryAfterMs, context.signal);
      retryAfterMs = Math.min(lastRetryMs, retryAfterMs * 2);
    }
  }
  return 'done';
}

/** Two or three reads of one database at once are as many as it serves well. */
const sessionsAtOnce = 3;
const idleSessionMs = 5_000;

function sessionsOf(containers: Containers): Sessions {
  return lentSessions({
    connect: (container) => containers.connect(container, 'reads'),
    most: sessionsAtOnce,
    idleMs: idleSessionMs,
  });
}

function contextOf(
  containers: Containers,
  sessions: Sessions,
  ledger: Ledger,
  options: LoopOptions,
  once: boolean,
): WorkContext {
  // Every unit listens to the same signal.
  setMaxListeners(0, options.signal);
  return { ...options, containers, sessions, ledger, once, bells: makeBells(options.clock), asOf: new Map() };
}
