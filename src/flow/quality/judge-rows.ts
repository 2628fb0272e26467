import type { Connection, Row } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { empty, list, literal, name, type Sql, type SqlName, sql } from '../../sql/sql.ts';
import { applySettings, bigintOrNull, integer, timestamp } from '../bookkeeping.ts';
import { keyColumns } from '../key.ts';
import { type Staging, stagedValue } from '../merge/staging.ts';
import { readableKey } from '../ranges/side.ts';
import type { KeptTable } from '../tables.ts';
import { failingColumn, fails, looseType, type RowCheck, rowChecks, type ValueIn } from './conditions.ts';
import { ChecksFailed } from './failed.ts';
import { type FailedRow, rowsStopped } from './findings.ts';
import { anyWaiting, keyText, quarantineOf, waitingValue } from './quarantine.ts';
import { noteRuns, type Run, resultsOf } from './results.ts';

/**
 * Is anything asked of the dataset's rows as they come, or may changes of its keys be waiting? While a load converges they are what
 * was never so at the source: they are judged when they are whole.
 */
export function isJudged({ checks = [], quarantine, isConverging = false }: KeptTable): boolean {
  if (isConverging) return false;
  return quarantine !== undefined || checks.some(({ everyMs }) => everyMs === null);
}

/**
 * Judges the rows that are staged, in the caller's transaction, before they are merged. One pass over them for all checks
 * of the dataset; where all pass and nothing waits, that is all.
 *
 * Of each key only its last row within an ordinal counts, as in the merge, so what fails does not depend on batches.
 * First what is diverted leaves the staging: rows that fail a check which diverts, later changes of their keys, and changes
 * of keys that wait already. Of what is left, what fails a check that stops throws ChecksFailed; what fails one that warns
 * is counted.
 */
export async function judgeRows(c: Connection, table: KeptTable, staging: Staging, stream: string): Promise<void> {
  const checks = (table.checks ?? []).filter(({ everyMs }) => everyMs === null);
  const asked = rowChecks(c, table, checks, stagedLoosely(c, staging));
  const isAnyWaiting = await anyWaiting(c, table);
  const counted = await countFailing(c, staging, asked);
  const failing = asked.filter((_, i) => (counted.failed[i] ?? 0) > 0);
  const passed = (check: RowCheck): Run =>
    runOf(table, check, counted.ordinal, { outcome: 'passed', failed: 0, rows: [] });
  if (failing.length === 0 && !isAnyWaiting) {
    if (asked.length > 0 && counted.rows > 0) await noteRuns(c, asked.map(passed));
    return;
  }
  await applySettings(c, c.dialect.groupSettings);
  const diverting = failing.filter(({ check }) => check.otherwise === 'divert');
  const runs: Run[] = asked.filter((check) => !failing.includes(check)).map(passed);
  for (const check of diverting) {
    const found = await failingRows(c, table, staging, check, null);
    runs.push(runOf(table, check, counted.ordinal, { outcome: found.failed === 0 ? 'passed' : 'diverted', ...found }));
  }
  if (table.quarantine !== undefined && (diverting.length > 0 || isAnyWaiting))
    await divert(c, table, staging, diverting, isAnyWaiting);
  const accepted = await acceptedTo(c, table, failing);
  const stopped: { readonly check: RowCheck; readonly found: Found }[] = [];
  for (const check of failing.filter((one) => !diverting.includes(one))) {
    const isStop = check.check.otherwise === 'stop';
    const found = await failingRows(c, table, staging, check, isStop ? (accepted.get(check.check.name) ?? null) : null);
    if (found.failed > 0 && isStop) stopped.push({ check, found });
    const outcome = found.failed === 0 ? 'passed' : isStop ? 'stopped' : 'warned';
    runs.push(runOf(table, check, found.rows[0]?.ordinal ?? counted.ordinal, { outcome, ...found }));
  }
  if (stopped.length === 0) return noteRuns(c, runs);
  throw new ChecksFailed(
    stopped.map(({ check, found }) => rowsStopped(stream, table.address, check.check.name, found.failed, found.rows)),
    runs.filter(({ outcome }) => outcome === 'stopped'),
  );
}

/** Values of a staged row `s`, each in a type that takes more than its column. */
export function stagedLoosely(c: Connection, { shape }: Staging): ValueIn {
  return (column) => stagedValue(c, shape, { ...column, type: looseType(c, column.type) });
}

type Found = { readonly failed: number; readonly rows: readonly FailedRow[] };

function runOf(
  { address }: Table,
  { check }: RowCheck,
  ordinal: bigint,
  { outcome, failed, rows }: Found & Pick<Run, 'outcome'>,
): Run {
  return {
    address,
    check: check.name,
    ordinal,
    outcome,
    failed,
    measured: null,
    samples: rows.map(({ key }) => key),
  };
}

async function countFailing(
  c: Connection,
  staging: Staging,
  asked: readonly RowCheck[],
): Promise<{ readonly rows: number; readonly ordinal: bigint; readonly failed: readonly number[] }> {
  if (asked.length === 0) return { rows: 0, ordinal: 0n, failed: [] };
  const counts = asked.map((check, i) => sql`count(case when ${fails(check)} then 1 end) as ${name(`f${i}`)}`);
  const [row] = await c.query(sql`select count(*) as n, max(s.fh_ordinal) as ordinal, ${list(counts)}
    from ${name(staging.table)} s where s.fh_op = 1`);
  return {
    rows: Number(row?.n ?? 0),
    ordinal: bigintOrNull(row?.ordinal) ?? 0n,
    failed: asked.map((_, i) => Number(row?.[`f${i}`] ?? 0)),
  };
}

/** Staged rows `s` that count: of each key and ordinal the last; of a dataset without key all. With these columns. */
function counting(c: Connection, table: Table, staging: Staging, columns: readonly Sql[]): Sql {
  const valueIn = stagedLoosely(c, staging);
  const keys = keyColumns(table).map(valueIn);
  const later =
    keys.length === 0
      ? sql`cast(null as bigint)`
      : sql`lead(s.fh_ordinal) over (partition by ${list(keys)} order by s.fh_ordinal, s.fh_seq)`;
  return sql`(select * from (
      select s.fh_ordinal, s.fh_seq, s.fh_op, ${later} as fh_later, ${list(columns)} from ${name(staging.table)} s) a
    where fh_later is null or fh_later <> fh_ordinal)`;
}

const samplesKept = 5;

/** Rows that fail a check, after the ordinal up to which they are let through. */
async function failingRows(
  c: Connection,
  table: Table,
  staging: Staging,
  check: RowCheck,
  after: bigint | null,
): Promise<Found> {
  const valueIn = stagedLoosely(c, staging);
  const key = table.key.length === 0 ? sql`''` : keyText(c, table, valueIn);
  const judged = counting(c, table, staging, [
    sql`${fails(check)} as fh_fails`,
    sql`${failingColumn(check)} as fh_columns`,
    sql`${key} as fh_key`,
  ]);
  const rows = await c.query(sql`select fh_ordinal, fh_key, fh_columns, count(*) over () as n from ${judged} j
    where fh_op = 1 and fh_fails ${after === null ? empty : sql`and fh_ordinal > ${integer(after)}`}
    order by fh_ordinal, fh_seq limit ${literal(samplesKept)}`);
  return { failed: Number(rows[0]?.n ?? 0), rows: rows.map((row) => failedRow(table, row)) };
}

function failedRow(table: Table, row: Row): FailedRow {
  return {
    ordinal: BigInt(String(row.fh_ordinal)),
    key: table.key.length === 0 ? 'without key' : readableKey(table, String(row.fh_key)),
    columns: String(row.fh_columns),
  };
}

/** Moves what is diverted from the staging into the quarantine. */
async function divert(
  c: Connection,
  table: KeptTable,
  staging: Staging,
  diverting: readonly RowCheck[],
  isAnyWaiting: boolean,
): Promise<void> {
  const valueIn = stagedLoosely(c, staging);
  const keys = keyColumns(table);
  const names = keys.map((column) => name(column.name));
  const begins = name(`${staging.table}_begins`);
  const values = keys.map((column) => sql`${valueIn(column)} as ${name(column.name)}`);
  const which =
    diverting.length === 0
      ? sql`cast(null as ${c.types.physical({ kind: 'text' })})`
      : sql`case when s.fh_op = 1 then ${firstFailing(diverting)} end`;
  const failed = diverting.length === 0 ? null : counting(c, table, staging, [...values, sql`${which} as fh_check`]);
  const waiting = keys.map((column) => sql`${waitingValue(c, column)} as ${name(column.name)}`);
  // Of what waits, only keys that come: however much waits, a batch costs what the batch is.
  const coming = sql`select ${list(waiting)}, 0 as fh_ordinal from ${quarantineOf(table)} q
    where q.fh_key in (select ${keyText(c, table, valueIn)} from ${name(staging.table)} s)`;
  const parts = [
    ...(failed === null ? [] : [sql`select ${list(names)}, fh_ordinal from ${failed} j where fh_check is not null`]),
    ...(isAnyWaiting ? [coming] : []),
  ];
  await c.execute(sql`create temporary table ${begins} as
    select ${list(names)}, min(fh_ordinal) as fh_begin from (${list(parts, ' union all ')}) b group by ${list(names)}`);
  await followMoves(c, table, staging, begins);
  const columns = table.columns.map((column) => name(column.name));
  const isOf = list(
    keys.map((column) => sql`${valueIn(column)} = b.${name(column.name)}`),
    ' and ',
  );
  await c.execute(sql`insert into ${quarantineOf(table)}
      (${list(columns)}, fh_ordinal, fh_seq, fh_op, fh_key, fh_check, fh_at)
    select ${list(table.columns.map((column) => waitingText(c, staging, column)))}, s.fh_ordinal, s.fh_seq, s.fh_op,
      ${keyText(c, table, valueIn)}, ${which}, cast(current_timestamp as ${timestamp(c)})
    from ${name(staging.table)} s join ${begins} b on ${isOf}
    where s.fh_ordinal >= b.fh_begin`);
  await c.execute(
    sql`delete from ${name(staging.table)} s using ${begins} b where ${isOf} and s.fh_ordinal >= b.fh_begin`,
  );
  await c.execute(sql`drop table ${begins}`);
}

/**
 * A row that an update gave another key waits under both or under none, else it would be there twice, or not at all: where one of
 * its keys waits by then, the other does from there on; and so on, until nothing follows any more.
 */
async function followMoves(c: Connection, table: KeptTable, staging: Staging, begins: SqlName): Promise<void> {
  const [moved] = await c.query(
    sql`select 1 from ${name(staging.table)} where fh_op = 0 and fh_unchanged is not null limit 1`,
  );
  if (moved === undefined) return;
  const valueIn = stagedLoosely(c, staging);
  const keys = keyColumns(table);
  const names = keys.map((column) => name(column.name));
  const moves = name(`${staging.table}_moves`);
  const keyOf = (of: 'fh_old' | 'fh_new') => keys.map((column, i) => sql`${valueIn(column)} as ${name(`${of}_${i}`)}`);
  await c.execute(sql`create temporary table ${moves} as
    select * from (select s.fh_seq, s.fh_ordinal, ${list(keyOf('fh_old'))} from ${name(staging.table)} s
      where s.fh_op = 0 and s.fh_unchanged is not null) o
    join (select s.fh_seq - 1 as fh_seq, ${list(keyOf('fh_new'))} from ${name(staging.table)} s where s.fh_op = 1) n
      using (fh_seq)`);
  const same = (row: Sql, of: 'fh_old' | 'fh_new') =>
    list(
      keys.map((column, i) => sql`${row}.${name(column.name)} = m.${name(`${of}_${i}`)}`),
      ' and ',
    );
  const follow = (follower: 'fh_old' | 'fh_new', leader: 'fh_old' | 'fh_new') =>
    c.execute(sql`insert into ${begins} (${list(names)}, fh_begin)
      select ${list(keys.map((_, i) => sql`m.${name(`${follower}_${i}`)}`))}, min(m.fh_ordinal) from ${moves} m
      where exists (select 1 from ${begins} b where ${same(sql`b`, leader)} and b.fh_begin <= m.fh_ordinal)
        and not exists (select 1 from ${begins} b where ${same(sql`b`, follower)} and b.fh_begin <= m.fh_ordinal)
      group by ${list(keys.map((_, i) => sql`m.${name(`${follower}_${i}`)}`))}`);
  for (let more = 1; more > 0; ) more = (await follow('fh_new', 'fh_old')) + (await follow('fh_old', 'fh_new'));
  // Of a key that is there more than once, the first counts.
  await c.execute(sql`delete from ${begins} b where exists (
    select 1 from ${begins} e where e.fh_begin < b.fh_begin and ${list(
      names.map((key) => sql`e.${key} = b.${key}`),
      ' and ',
    )})`);
  await c.execute(sql`drop table ${moves}`);
}

/** Name of the first check that the row fails. */
function firstFailing(checks: readonly RowCheck[]): Sql {
  return sql`case ${list(
    checks.map((check) => sql`when ${fails(check)} then ${literal(check.check.name)}`),
    '\n',
  )} end`;
}

/** Transport text of a staged value. */
function waitingText(c: Connection, staging: Staging, column: KeptTable['columns'][number]): Sql {
  const { shape } = staging;
  const isStaged = shape.columns.some((one) => one.name === column.name);
  if (shape.transport === 'csv' && isStaged) return sql`s.${name(column.name)}`;
  const staged = stagedLoosely(c, staging)(column);
  // With all the digits that it came with.
  if (column.type.kind === 'decimal') return sql`cast(${staged} as ${c.types.physical({ kind: 'text' })})`;
  return c.types.toTransport(looseType(c, column.type), staged);
}

/** By name of the check: up to which ordinal an operator has let through what it stopped. */
async function acceptedTo(
  c: Connection,
  { address }: Table,
  failing: readonly RowCheck[],
): Promise<ReadonlyMap<string, bigint>> {
  if (!failing.some(({ check }) => check.otherwise === 'stop')) return new Map();
  const results = await resultsOf(c, [address]);
  return new Map(
    results.flatMap(({ check, acceptedTo: to }): [string, bigint][] => (to === null ? [] : [[check, to]])),
  );
}
