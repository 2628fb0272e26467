import { type Connection, EngineError } from '../../engine/connection.ts';
import { list, literal, name, sql } from '../../sql/sql.ts';
import { type Staging, stagedValue } from '../merge/staging.ts';
import { readableKey } from '../ranges/side.ts';
import { canHold, failingColumn, fails, looseType, type RowCheck } from './conditions.ts';
import { ChecksFailed } from './failed.ts';
import { cannotHold } from './findings.ts';
import { keyText } from './quarantine.ts';
import { noteStopped } from './results.ts';

/**
 * Runs a transaction that merges staged rows. Where checks stop it, that is kept once it is undone; where the database
 * refuses a value, the row is looked for, so that the failure names it. Errors: ChecksFailed for both, else as they came.
 */
export async function guarded<T>(
  c: Connection,
  stream: string,
  staged: readonly Staging[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof ChecksFailed) await c.transaction(() => noteStopped(c, stream, failure.runs));
    else if (failure instanceof EngineError && failure.kind === 'statement')
      for (const staging of staged) await tellCannotHold(c, stream, staging, failure);
    throw failure;
  }
}

async function tellCannotHold(c: Connection, stream: string, staging: Staging, failure: EngineError): Promise<void> {
  const { dataset, shape } = staging;
  const valueIn = (column: (typeof dataset.columns)[number]) =>
    stagedValue(c, shape, { ...column, type: looseType(c, column.type) });
  const conditions = dataset.columns.flatMap((column) => canHold(c, column, valueIn(column)) ?? []);
  if (conditions.length === 0) return;
  const check: Pick<RowCheck, 'conditions'> = { conditions };
  const key = dataset.key.length === 0 ? sql`''` : keyText(c, dataset, valueIn);
  const [row] = await c
    .query(sql`select s.fh_ordinal, ${list([sql`${key} as fh_key`, sql`${failingColumn(check)} as fh_columns`])}
      from ${name(staging.table)} s where s.fh_op = 1 and ${fails(check)}
      order by s.fh_ordinal, s.fh_seq limit ${literal(1)}`)
    // The rows may have gone with the transaction: then the failure says what it says.
    .catch(() => []);
  if (row === undefined) return;
  const failed = {
    ordinal: BigInt(String(row.fh_ordinal)),
    key: dataset.key.length === 0 ? 'without key' : readableKey(dataset, String(row.fh_key)),
    columns: String(row.fh_columns),
  };
  throw new ChecksFailed([cannotHold(stream, dataset.address, failed, failure.message)], [], failure.code);
}
