import { digestJson } from '../base/digest.ts';
import { type Connection, EngineError } from '../engine/connection.ts';
import { render } from '../sql/render.ts';
import { type Sql, sql, value } from '../sql/sql.ts';
import { locks, writerLocks } from './locks.ts';
import { ledger } from './migrations/0001-ledger.ts';
import { verified } from './migrations/0002-verified.ts';
import { leaving } from './migrations/0003-leaving.ts';

/** One step of the ledger's own tables: never edited once released, since its digest is kept. */
export type Migration = { readonly number: number; readonly name: string; readonly statements: readonly Sql[] };

export const migrations: readonly Migration[] = [ledger, verified, leaving];

/**
 * Brings the ledger to this program's version, one transaction a step, one process at a time. Before: any older version,
 * or an empty database. After: ours. Cut in the middle: the steps that committed stay, the next start goes on. Again:
 * nothing. Errors: EngineError for a newer ledger, or one whose steps are not ours.
 */
export async function migrate(c: Connection, steps: readonly Migration[] = migrations): Promise<void> {
  for (let isDone = false; !isDone; ) {
    isDone = await c.transaction(async () => {
      await c.query(sql`select pg_advisory_xact_lock(${value(writerLocks)}, ${value(locks.migrate)})`);
      await c.execute(sql`create schema if not exists freehold_ledger`);
      await c.execute(sql`create table if not exists freehold_ledger.migration (
        number integer primary key, name text not null, digest text not null, at timestamptz not null default clock_timestamp())`);
      const next = nextStep(
        await c.query(sql`select number, digest from freehold_ledger.migration order by number`),
        steps,
        c,
      );
      if (next === null) return true;
      for (const statement of next.statements) await c.execute(statement);
      await c.execute(sql`insert into freehold_ledger.migration (number, name, digest)
        values (${value(next.number)}, ${value(next.name)}, ${value(digestOf(next, c))})`);
      return false;
    });
  }
}

function nextStep(
  done: readonly Readonly<Record<string, unknown>>[],
  steps: readonly Migration[],
  c: Connection,
): Migration | null {
  for (const row of done) {
    const step = steps.find(({ number }) => number === Number(row.number));
    if (step === undefined)
      throw new EngineError(
        'statement',
        `the ledger is of a newer freehold: it is at step ${Number(row.number)}, and this program knows ${steps.length}. Update freehold.`,
      );
    if (digestOf(step, c) !== row.digest)
      throw new EngineError(
        'statement',
        `step ${step.number} of the ledger ('${step.name}') is not the one this program knows: it was made by a changed freehold. Use the program that made it, or an empty database.`,
      );
  }
  return steps.find(({ number }) => !done.some((row) => Number(row.number) === number)) ?? null;
}

function digestOf({ statements }: Migration, { dialect }: Connection): string {
  return digestJson(statements.map((statement) => render(statement, dialect).text));
}
