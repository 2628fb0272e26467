import type { Connection } from '../../engine/connection.ts';
import { list, literal, name, type Sql, sql } from '../../sql/sql.ts';
import { integer, timestamp } from '../bookkeeping.ts';
import { readableKey } from '../ranges/side.ts';
import type { KeptTable } from '../tables.ts';
import { failingColumn, fails, looseType, ownValue, type RowCheck, rowChecks } from './conditions.ts';
import { ChecksFailed } from './failed.ts';
import { rowsStopped } from './findings.ts';
import { keyText, quarantineOf } from './quarantine.ts';
import { noteRuns, type Run, resultsOf } from './results.ts';

/**
 * Judges rows that were loaded, which came into the current table as they are, in the transaction that shows them. One pass
 * over the table, or none where nothing is asked of rows. Throws ChecksFailed where a check that stops fails.
 */
export async function judgeLoaded(c: Connection, table: KeptTable, stream: string, ordinal: bigint): Promise<void> {
  const checks = (table.checks ?? []).filter(({ everyMs }) => everyMs === null);
  const asked = rowChecks(c, table, checks, ownValue('c'));
  if (asked.length === 0) return;
  const accepted = new Map((await resultsOf(c, [table.address])).map(({ check, acceptedTo }) => [check, acceptedTo]));
  const diverting = asked.filter(({ check }) => check.otherwise === 'divert');
  const runs: Run[] = [];
  const stopped: { readonly check: RowCheck; readonly run: Run; readonly columns: string }[] = [];
  const first = await countFailing(c, table, asked);
  for (const check of diverting) {
    const failed = first.get(check) ?? 0;
    const { samples } = failed === 0 ? none : await sample(c, table, check);
    runs.push(runOf(table, check, ordinal, failed === 0 ? 'passed' : 'diverted', failed, samples));
  }
  const isAnyDiverted = diverting.some((check) => (first.get(check) ?? 0) > 0);
  if (isAnyDiverted && table.quarantine !== undefined) await divert(c, table, diverting, ordinal);
  const rest = asked.filter((check) => !diverting.includes(check));
  const left = isAnyDiverted && rest.length > 0 ? await countFailing(c, table, rest) : first;
  for (const check of rest) {
    const failed = left.get(check) ?? 0;
    const isLetThrough = (accepted.get(check.check.name) ?? -1n) >= ordinal;
    const isStopped = failed > 0 && check.check.otherwise === 'stop' && !isLetThrough;
    const { samples, columns } = failed === 0 ? none : await sample(c, table, check);
    const run = runOf(
      table,
      check,
      ordinal,
      failed === 0 ? 'passed' : isStopped ? 'stopped' : 'warned',
      failed,
      samples,
    );
    runs.push(run);
    if (isStopped) stopped.push({ check, run, columns });
  }
  if (stopped.length === 0) return noteRuns(c, runs);
  throw new ChecksFailed(
    stopped.map(({ check, run, columns }) => {
      const rows = run.samples.map((key) => ({ ordinal, key, columns }));
      return rowsStopped(stream, table.address, check.check.name, run.failed, rows);
    }),
    stopped.map(({ run }) => run),
  );
}

const none = { samples: [], columns: '' };

async function countFailing(
  c: Connection,
  table: KeptTable,
  asked: readonly RowCheck[],
): Promise<ReadonlyMap<RowCheck, number>> {
  const counts = asked.map((check, i) => sql`count(case when ${fails(check)} then 1 end) as ${name(`f${i}`)}`);
  const [row] = await c.query(sql`select ${list(counts)} from ${name(table.schema, table.current)} c`);
  return new Map(asked.map((check, i) => [check, Number(row?.[`f${i}`] ?? 0)]));
}

async function sample(
  c: Connection,
  table: KeptTable,
  check: RowCheck,
): Promise<{ readonly samples: readonly string[]; readonly columns: string }> {
  const key = table.key.length === 0 ? sql`''` : keyText(c, table, ownValue('c'));
  const rows = await c.query(sql`select ${key} as fh_key, ${failingColumn(check)} as fh_columns
    from ${name(table.schema, table.current)} c where ${fails(check)} limit ${literal(5)}`);
  return {
    samples: rows.map((row) => (table.key.length === 0 ? 'without key' : readableKey(table, String(row.fh_key)))),
    columns: rows.map((row) => String(row.fh_columns))[0] ?? '',
  };
}

async function divert(c: Connection, table: KeptTable, diverting: readonly RowCheck[], ordinal: bigint): Promise<void> {
  const columns = table.columns.map((column) => name(column.name));
  const texts = table.columns.map((column): Sql => {
    const own = ownValue('c')(column);
    const text = c.types.physical({ kind: 'text' });
    return column.type.kind === 'decimal'
      ? sql`cast(${own} as ${text})`
      : c.types.toTransport(looseType(c, column.type), own);
  });
  const which = list(
    diverting.map((check) => sql`when ${fails(check)} then ${literal(check.check.name)}`),
    '\n',
  );
  const isAny = list(
    diverting.map((check) => fails(check)),
    ' or ',
  );
  await c.execute(sql`insert into ${quarantineOf(table)}
      (${list(columns)}, fh_ordinal, fh_seq, fh_op, fh_key, fh_check, fh_at)
    select ${list(texts)}, ${integer(ordinal)}, 1, 1, ${keyText(c, table, ownValue('c'))}, case ${which} end,
      cast(current_timestamp as ${timestamp(c)})
    from ${name(table.schema, table.current)} c where ${isAny}`);
  await c.execute(sql`delete from ${name(table.schema, table.current)} c where ${isAny}`);
}

function runOf(
  { address }: KeptTable,
  { check }: RowCheck,
  ordinal: bigint,
  outcome: Run['outcome'],
  failed: number,
  samples: readonly string[],
): Run {
  return { address, check: check.name, ordinal, outcome, failed, measured: null, samples };
}
