import type { Connection } from '../../engine/connection.ts';
import { EngineError } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql, words } from '../../sql/sql.ts';
import { sameKey } from '../key.ts';
import { type Quarantined, seenRows } from '../quality/quarantine.ts';
import type { Staging } from './staging.ts';

/**
 * Fills in the values that the log left out because an update did not touch them (PostgreSQL's large values out of line).
 * Runs only for batches that hold such rows, and rewrites these staged rows in place, in the caller's transaction.
 *
 * Terms. *life*: the staged rows of one key from where it came to be until its delete; the first life of a key that is in
 * the current table began before the batch. *hop*: an update that moved a key: the old key's delete, and as the next row
 * the new key's upsert. *root*: the life in which a chain of hops began.
 *
 * A missing value is that of the nearest earlier row of the same chain that has it; else the current row of the root's
 * key. A life is the end of a hop where it begins with a row that leaves something out, which an insert never does. Where
 * there is nowhere to take the value from, the batch fails: never null. Or the row is not merged and `lost` is told of it, where rows
 * are known to be missing for a while; each later row of its key that leaves the same out is then lost as well.
 */
export async function resolveUnchanged(
  c: Connection,
  table: Table & Quarantined,
  staging: Staging,
  lost: LostRows = 'refuse',
): Promise<void> {
  const left = await columnsLeftOut(c, table, staging);
  if (left.length === 0) return;
  const lives = name(`${staging.table}_lives`);
  const resolved = name(`${staging.table}_resolved`);
  // What waits in quarantine is what an update was made of.
  const current = await seenRows(c, table);
  await c.execute(livesOf(table, staging, lives));
  await c.execute(sql`analyze ${lives}`);
  await c.execute(resolvedOf(table, current, left, lives, resolved, lost !== 'refuse'));
  await c.execute(sql`analyze ${resolved}`);
  if (lost === 'refuse') await refuseLost(c, table, left, resolved);
  await c.execute(fill(table, current, staging, left, resolved));
  if (lost !== 'refuse') {
    // Only now: others take their values from them.
    const seqs = sql`select l.fh_seq from ${resolved} l where ${isLost(left)}`;
    const [some] = await c.query(sql`${seqs} limit 1`);
    if (some !== undefined) {
      await lost(c, staging, seqs);
      await c.execute(sql`delete from ${name(staging.table)} where fh_op = 1 and fh_seq in (${seqs})`);
    }
  }
  await c.execute(sql`drop table ${lives}, ${resolved}`);
}

/** `seqs`: a query of the lost rows' fh_seq; they are still staged. */
export type LostRows = 'refuse' | ((c: Connection, staging: Staging, seqs: Sql) => Promise<void>);

type LeftOut = { readonly name: string; readonly wire: string; readonly bit: Sql; readonly from: string };

/** Columns that some staged row leaves out. `bit`: is it left out of row `l`? `from`: name of its pointer to a row. */
async function columnsLeftOut(c: Connection, table: Table, staging: Staging): Promise<readonly LeftOut[]> {
  const columns = staging.shape.columns
    .map((column, i) => ({
      name: column.name,
      wire: column.wire,
      // Most significant bit first within each byte; PostgreSQL's get_bit counts from the least.
      bit: sql`(get_bit(l.fh_unchanged, ${literal(i ^ 7)}) = 1)`,
      from: `fh_from_${i}`,
    }))
    .filter((column) => table.columns.some((one) => one.name === column.name));
  const [row] = await c.query(sql`select ${list(columns.map((one) => sql`bool_or(${one.bit}) as ${name(one.from)}`))}
    from ${name(staging.table)} l where fh_op = 1 and fh_unchanged is not null`);
  return columns.filter((one) => row?.[one.from] === true);
}

/** `fh_life`: a number of each life; `fh_begin`: the first of its rows. A truncate's deletes all have one fh_seq. */
function livesOf(table: Table, staging: Staging, lives: Sql['holes'][number]): Sql {
  const key = list(table.key.map((one) => name(one)));
  return sql`create temporary table ${lives} as
select fh_seq, fh_op, fh_unchanged, ${key}, fh_gone = 0 as fh_earliest,
  min(fh_seq) over (partition by ${key}, fh_gone) as fh_begin, dense_rank() over (order by ${key}, fh_gone) as fh_life
from (
  select fh_seq, fh_op, case when fh_op = 1 then fh_unchanged end as fh_unchanged, ${key}, count(*) filter (where fh_op = 0) over (
    partition by ${key} order by fh_seq rows between unbounded preceding and 1 preceding) as fh_gone
  from ${name(staging.table)}
) counted`;
}

/** For each row that leaves something out: the root's key, and for each column the row (fh_seq) that has its value. */
function resolvedOf(
  table: Table,
  current: Sql,
  left: readonly LeftOut[],
  lives: Sql['holes'][number],
  resolved: Sql['holes'][number],
  isAnyMissing: boolean,
): Sql {
  const same = (a: Sql, b: Sql) => sameKey(table.key, a, b);
  // Where rows may be missing, a row's absence does not say that its key was moved: another row's delete may just come before it.
  const isBegun = isAnyMissing
    ? sql`l.fh_earliest`
    : sql`(l.fh_earliest and exists (select from ${current} c where ${same(sql`c`, sql`l`)}))`;
  const pointers = left.map(
    (one) => sql`max(case when l.fh_unchanged is null or not ${one.bit} then l.fh_seq end)
      filter (where l.fh_op = 1) over w as ${name(one.from)}`,
  );
  return sql`create temporary table ${resolved} as
with recursive starts as (
  select l.fh_life, p.fh_life as fh_parent
  from ${lives} l left join ${lives} p
    on l.fh_unchanged is not null and p.fh_seq = l.fh_seq - 1 and p.fh_op = 0 and not ${isBegun}
  where l.fh_seq = l.fh_begin and (l.fh_op = 1 or l.fh_earliest)
), chain (fh_life, fh_root) as (
  select fh_life, fh_life from starts where fh_parent is null
  union all
  select s.fh_life, k.fh_root from starts s join chain k on s.fh_parent = k.fh_life
), pointed as (
  select l.fh_seq, l.fh_op, l.fh_unchanged, k.fh_root, ${list(pointers)}
  from ${lives} l join chain k on k.fh_life = l.fh_life
  window w as (partition by k.fh_root order by l.fh_seq)
)
select p.*, c.fh_from is not null as fh_live, ${list(table.key.map((one) => sql`c.${name(one)}`))}
from pointed p
join ${lives} r on r.fh_life = p.fh_root and r.fh_seq = r.fh_begin
left join ${current} c on r.fh_earliest and ${same(sql`c`, sql`r`)}
where p.fh_op = 1 and p.fh_unchanged is not null`;
}

/** Has row `l` nowhere to take a value from? */
function isLost(left: readonly LeftOut[]): Sql {
  const lost = left.map((one) => sql`(${one.bit} and l.${name(one.from)} is null)`);
  return sql`not l.fh_live and (${list(lost, ' or ')})`;
}

async function refuseLost(c: Connection, table: Table, left: readonly LeftOut[], resolved: Sql['holes'][number]) {
  const [row] = await c.query(sql`select l.fh_seq as seq from ${resolved} l where ${isLost(left)} limit 1`);
  if (row === undefined) return;
  throw new EngineError(
    'statement',
    `an update of '${table.address}' leaves out a large value that was not changed, and neither the batch nor the store has ` +
      'the row it belongs to. Merging it would lose the value, so nothing was merged. The dataset must be loaded again; ' +
      'or, where the source gave an erased row another key, that key erased as well.',
  );
}

function fill(
  table: Table,
  current: Sql,
  staging: Staging,
  left: readonly LeftOut[],
  resolved: Sql['holes'][number],
): Sql {
  const staged = name(staging.table);
  const has = (i: number) => name(`f${i}`);
  const set = left.map(
    (one, i) => sql`${name(one.name)} = case when not ${one.bit} then s.${name(one.name)}
      when l.${name(one.from)} is not null then ${has(i)}.${name(one.name)}
      else cast(c.${name(one.name)} as ${words(one.wire)}) end`,
  );
  const having = left.map(
    (one, i) => sql`left join ${staged} ${has(i)} on ${has(i)}.fh_seq = l.${name(one.from)} and ${has(i)}.fh_op = 1`,
  );
  return sql`update ${staged} s set ${list(set, ',\n  ')}, fh_unchanged = null
from ${resolved} l
${list(having, '\n')}
left join ${current} c on l.fh_live and ${sameKey(table.key, sql`c`, sql`l`)}
where s.fh_seq = l.fh_seq and s.fh_op = 1`;
}
