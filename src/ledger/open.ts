import type { Connection } from '../engine/connection.ts';
import type { Access } from '../engine/engine.ts';
import { postgres } from '../engines/postgres/engine.ts';
import type { Plan } from '../plan/plan.ts';
import { type AuditEntry, type AuditEvent, type AuditVerdict, appendAudit, readAudit, verifyAudit } from './audit.ts';
import { type Leaving, noteLeaving, readLeaving } from './leaving.ts';
import { migrate } from './migrate.ts';
import { deployedDigest, deployedPlan, deployPlan } from './plans.ts';
import { isHeld, lease, refusePooler, registerProcess } from './process.ts';
import { forgetSaid, type Report, readStatistics, recordStatistics, type Statistics } from './statistics.ts';
import { acquireUnits, type Owned, type Owner, ownersOf, releaseUnits } from './units.ts';
import { forgetVerified, readVerified, recordVerified, type Verified } from './verified.ts';

/**
 * What an environment remembers besides its rows: the deployed plan, who works on what, statistics, the audit log. Errors
 * of all: EngineError.
 */
export type Ledger = AsyncDisposable & {
  deployed(environment: string): Promise<Plan | null>;
  /** Another one: another plan was deployed. */
  deployedDigest(environment: string): Promise<string | null>;
  deploy(environment: string, plan: Plan): Promise<void>;
  /** Captures that an apply is about to drop, or could not drop since somebody reads them: also of one that was cut. */
  leaving(environment: string): Promise<readonly Leaving[]>;
  /** These, and no others any more. */
  noteLeaving(environment: string, all: readonly Leaving[]): Promise<void>;
  /** Those of the units that were free or whose process is dead; ours until released or until we die. */
  acquire(units: readonly string[]): Promise<readonly Owned[]>;
  release(units: readonly string[]): Promise<void>;
  /** Do we still own what we acquired? False after the session with our lock broke: stop working, open again. */
  isHeld(): Promise<boolean>;
  owners(): Promise<readonly Owner[]>;
  /** What there is to say of nodes. */
  record(reports: ReadonlyMap<string, Report>): Promise<void>;
  statistics(): Promise<readonly Statistics[]>;
  recordVerified(of: Verified): Promise<void>;
  /** What was last proven of each dataset. */
  verified(): Promise<readonly Verified[]>;
  /** Forgets what was found and said of a dataset and of these nodes: it may name keys that were erased. */
  forget(address: string, nodes: readonly string[]): Promise<void>;
  audit(event: AuditEvent): Promise<void>;
  auditLog(limit: number): Promise<readonly AuditEntry[]>;
  verifyAudit(): Promise<AuditVerdict>;
};

/** Opens and migrates the ledger and registers this process, whose name operators see: `demo 4711 at laptop`. */
export async function openLedger(access: Access, processName: string): Promise<Ledger> {
  const dedicated = await postgres.connect(access, 'freehold ledger lock');
  try {
    const c = await postgres.connect(access, 'freehold ledger');
    try {
      await refusePooler(dedicated, c, access.label);
      await migrate(c);
      return ledgerOf(c, dedicated, await registerProcess(dedicated, processName));
    } catch (failure) {
      await c[Symbol.asyncDispose]();
      throw failure;
    }
  } catch (failure) {
    await dedicated[Symbol.asyncDispose]();
    throw failure;
  }
}

function ledgerOf(c: Connection, dedicated: Connection, process: number): Ledger {
  // One session, many callers: a statement of one must not slip into a transaction of another.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const renewing = setInterval(() => void isHeld(dedicated, process), lease.renewMs);
  renewing.unref();
  return {
    deployed: (environment) => inTurn(() => deployedPlan(c, environment)),
    deployedDigest: (environment) => inTurn(() => deployedDigest(c, environment)),
    deploy: (environment, plan) => inTurn(() => deployPlan(c, environment, plan)),
    leaving: (environment) => inTurn(() => readLeaving(c, environment)),
    noteLeaving: (environment, all) => inTurn(() => noteLeaving(c, environment, all)),
    acquire: (units) => inTurn(() => acquireUnits(c, process, units)),
    release: (units) => inTurn(() => releaseUnits(c, process, units)),
    isHeld: () => isHeld(dedicated, process),
    owners: () => inTurn(() => ownersOf(c)),
    record: (reports) => inTurn(() => recordStatistics(c, reports)),
    statistics: () => inTurn(() => readStatistics(c)),
    recordVerified: (of) => inTurn(() => recordVerified(c, of)),
    verified: () => inTurn(() => readVerified(c)),
    forget: (address, nodes) =>
      inTurn(async () => {
        await forgetVerified(c, address);
        await forgetSaid(c, nodes);
      }),
    audit: (event) => inTurn(() => appendAudit(c, event)),
    auditLog: (limit) => inTurn(() => readAudit(c, limit)),
    verifyAudit: () => inTurn(() => verifyAudit(c)),
    async [Symbol.asyncDispose]() {
      clearInterval(renewing);
      // Our units are free with the lock in any case; released they are free without asking whether we live.
      await inTurn(() => releaseUnits(c, process, 'all')).catch(() => undefined);
      await Promise.all([c[Symbol.asyncDispose](), dedicated[Symbol.asyncDispose]()]);
    },
  };
}
