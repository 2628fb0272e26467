import { canonicalJson, digestText } from '../base/digest.ts';
import { type Connection, EngineError } from '../engine/connection.ts';
import type { Plan } from '../plan/plan.ts';
import { sql, value } from '../sql/sql.ts';
import { locks, writerLocks } from './locks.ts';

/** The plan that runs; null where none was ever applied. Errors: EngineError where the row is not what was written. */
export async function deployedPlan(c: Connection, environment: string): Promise<Plan | null> {
  const [row] = await c.query(sql`select plan, digest from freehold_ledger.plan
    where environment = ${value(environment)} order by number desc limit 1`);
  if (row === undefined) return null;
  const text = String(row.plan);
  if (digestText(text) !== row.digest)
    throw new EngineError(
      'statement',
      `the deployed plan of environment '${environment}' was changed in the ledger by hand. Apply again.`,
    );
  return readPlan(text, environment);
}

/** Of the plan that runs; null where none was ever applied. */
export async function deployedDigest(c: Connection, environment: string): Promise<string | null> {
  const [row] = await c.query(sql`select digest from freehold_ledger.plan
    where environment = ${value(environment)} order by number desc limit 1`);
  return row === undefined ? null : String(row.digest);
}

/**
 * Makes the plan the deployed one; the earlier ones stay. Deploying what is deployed changes nothing. A ledger serves one
 * environment: units of two would block each other.
 */
export function deployPlan(c: Connection, environment: string, plan: Plan): Promise<void> {
  const text = canonicalJson(plan);
  const digest = digestText(text);
  return c.transaction(async () => {
    await c.query(sql`select pg_advisory_xact_lock(${value(writerLocks)}, ${value(locks.plan)})`);
    const [last] = await c.query(
      sql`select environment, digest from freehold_ledger.plan order by number desc limit 1`,
    );
    if (last !== undefined && last.environment !== environment)
      throw new EngineError(
        'denied',
        `this database is the ledger of environment '${String(last.environment)}'. Give environment '${environment}' a database of its own.`,
      );
    if (last?.digest === digest) return;
    await c.execute(sql`insert into freehold_ledger.plan (environment, digest, plan)
      values (${value(environment)}, ${value(digest)}, ${value(text)})`);
  });
}

function readPlan(text: string, environment: string): Plan {
  // The digest says that it is what a freehold wrote; the version says whether this one reads it.
  const plan: Plan = JSON.parse(text);
  if (plan.version !== 1)
    throw new EngineError(
      'statement',
      `the deployed plan of environment '${environment}' is of version ${String(plan.version)}, and this program reads 1. Update freehold.`,
    );
  return plan;
}
