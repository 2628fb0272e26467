import type { Connection } from '../../engine/connection.ts';
import { list, literal, name, type Sql, sql, value, words } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';
import { holdStream } from '../checkpoint.ts';
import { briefly } from '../locks.ts';
import { isPlain, type Retyped, wordFor, wordOf } from './retyped.ts';

/**
 * On PostgreSQL a column gets another type beside the old one: a *shadow*, a column of the new type that a trigger writes
 * with each row, so that whoever merges meanwhile writes both, also a process that does not know of it. Rows from before are
 * filled in by ranges of the table's pages. Readers see nothing of it until the swap (`swap.ts`).
 */

/** Pages in a transaction of filling: some megabytes, a fraction of a second. */
const pagesAtOnce = 256;

/**
 * Makes the shadow where there is none, and what is left of one of another type is taken away. One transaction. Before: no
 * shadow, or one. After: each row written from now on has it, and how many pages are from before is noted. Cut: as before.
 */
export async function beginShadow(c: Connection, one: Retyped): Promise<void> {
  const known = await shadowOf(c, one);
  if (known?.into === one.into) return;
  await briefly(c, [one.table.schema], async () => {
    if (known !== null) {
      const at = { schema: one.table.schema, named: one.named, column: one.column.name };
      await removeShadow(c, at, one.shadow, known.word);
    }
    const { schema } = one.table;
    const type = c.types.physical(one.column.type);
    await c.execute(sql`alter table ${name(schema, one.named)} add column ${name(one.shadow)} ${type}`);
    await makeTrigger(c, one, type);
    await c.execute(sql`insert into freehold.fh_shadow (table_schema, table_name, column_name, shadow, into_type, done, blocks)
      select ${value(schema)}, ${value(one.named)}, ${value(one.column.name)}, ${value(one.shadow)}, ${value(one.into)}, 0,
        pg_relation_size(to_regclass(format('%I.%I', cast(${value(schema)} as text), cast(${value(one.named)} as text))))
          / current_setting('block_size')::bigint`);
  });
}

/** Takes away shadows that are asked for no more: derived values that nobody has seen. */
export async function dropShadows(
  c: Connection,
  schemas: readonly string[],
  wanted: readonly Retyped[],
): Promise<void> {
  const rows = await c.query(sql`select table_schema, table_name, column_name, shadow, into_type from freehold.fh_shadow
    where table_schema in (${list(schemas.map((schema) => value(schema)))})`);
  for (const row of rows) {
    const at = { schema: String(row.table_schema), named: String(row.table_name), column: String(row.column_name) };
    const isWanted = wanted.some(
      (one) => one.table.schema === at.schema && one.named === at.named && one.column.name === at.column,
    );
    if (isWanted) continue;
    const word = wordFor(at.schema, at.named, at.column, String(row.into_type));
    await briefly(c, [at.schema], () => removeShadow(c, at, String(row.shadow), word));
  }
}

/**
 * Fills rows from before the shadow, range by range; each is a transaction that holds the stream's checkpoint, so that no
 * merge writes meanwhile and neither waits for the other's rows. Cut: the next goes on from the last range. `onPart` is
 * called before each.
 */
export async function fillShadow(
  c: Connection,
  one: Retyped,
  onPart: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { schema } = one.table;
  const at = name(schema, one.named);
  const column = sql`r.${name(one.column.name)}`;
  for (;;) {
    await onPart();
    const isDone = await c.transaction(async () => {
      await holdStream(c, one.stream);
      const [state] = await c.query(sql`select done, blocks from freehold.fh_shadow where ${own(one)}`);
      const [done, blocks] = [Number(state?.done ?? 0), Number(state?.blocks ?? 0)];
      if (done >= blocks) return true;
      const upTo = done + pagesAtOnce;
      await c.execute(sql`update ${at} r set ${name(one.shadow)} = ${converted(one, column)}
        where r.ctid >= ${literal(`(${done},0)`)}::tid and r.ctid < ${literal(`(${upTo},0)`)}::tid
          and ${column} is not null and r.${name(one.shadow)} is null`);
      await c.execute(sql`update freehold.fh_shadow set done = ${integer(BigInt(upTo))} where ${own(one)}`);
      return false;
    });
    if (isDone) return;
  }
}

/** How many values did not go over, so that the new column has null in their place. */
export async function lostValues(c: Connection, one: Retyped): Promise<number> {
  if (isPlain(one.from, one.into)) return 0;
  const [row] = await c.query(sql`select count(*) as n from ${name(one.table.schema, one.named)} r
    where r.${name(one.column.name)} is not null and r.${name(one.shadow)} is null`);
  return Number(row?.n);
}

/** Trigger and functions go, in the caller's transaction; the column stays. */
export async function endShadow(c: Connection, one: Retyped): Promise<void> {
  const word = wordOf(one);
  await c.execute(sql`drop trigger if exists ${name(`fh_both_${word}`)} on ${name(one.table.schema, one.named)}`);
  await dropFunctions(c, word);
  await c.execute(sql`delete from freehold.fh_shadow where ${own(one)}`);
}

export async function hasShadow(c: Connection, one: Retyped): Promise<boolean> {
  return (await shadowOf(c, one))?.into === one.into;
}

/** What a value becomes; one that would not be itself again, there and back, becomes null. */
function converted(one: Retyped, column: Sql): Sql {
  return isPlain(one.from, one.into)
    ? sql`cast(${column} as ${words(one.into)})`
    : sql`${name('freehold', `fh_as_${wordOf(one)}`)}(${column})`;
}

async function makeTrigger(c: Connection, one: Retyped, type: Sql): Promise<void> {
  const word = wordOf(one);
  const { schema } = one.table;
  if (!isPlain(one.from, one.into)) {
    const [row] = await c.query(sql`select format_type(atttypid, atttypmod) as old from pg_catalog.pg_attribute
      where attrelid = to_regclass(format('%I.%I', cast(${value(schema)} as text), cast(${value(one.named)} as text)))
        and attname = ${value(one.column.name)}`);
    const old = words(String(row?.old));
    // Of json the text is another there and back, and the value the same.
    const isSame =
      one.into === 'jsonb' || one.from === 'jsonb' ? sql`true` : sql`cast(made as ${old}) is not distinct from kept`;
    await c.execute(sql`create or replace function ${name('freehold', `fh_as_${word}`)}(kept ${old}) returns ${type}
      language plpgsql immutable strict set search_path = pg_catalog as $convert$
declare made ${type};
begin
  made := cast(kept as ${type});
  return case when ${isSame} then made end;
exception when others then
  return null;
end $convert$`);
  }
  await c.execute(sql`create or replace function ${name('freehold', `fh_both_${word}`)}() returns trigger
    language plpgsql set search_path = pg_catalog as $both$
begin
  new.${name(one.shadow)} := ${converted(one, sql`new.${name(one.column.name)}`)};
  return new;
end $both$`);
  await c.execute(sql`create trigger ${name(`fh_both_${word}`)} before insert or update of ${name(one.column.name)}
    on ${name(schema, one.named)} for each row execute function ${name('freehold', `fh_both_${word}`)}()`);
}

type Place = { readonly schema: string; readonly named: string; readonly column: string };

async function removeShadow(c: Connection, at: Place, shadow: string, word: string): Promise<void> {
  await c.execute(sql`drop trigger if exists ${name(`fh_both_${word}`)} on ${name(at.schema, at.named)}`);
  await dropFunctions(c, word);
  await c.execute(sql`alter table if exists ${name(at.schema, at.named)} drop column if exists ${name(shadow)}`);
  await c.execute(sql`delete from freehold.fh_shadow where table_schema = ${value(at.schema)}
    and table_name = ${value(at.named)} and column_name = ${value(at.column)}`);
}

async function dropFunctions(c: Connection, word: string): Promise<void> {
  await c.execute(sql`drop function if exists ${name('freehold', `fh_both_${word}`)}()`);
  const [made] = await c.query(sql`select p.oid::regprocedure::text as called from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'freehold' and p.proname = ${value(`fh_as_${word}`)}`);
  if (made !== undefined) await c.execute(sql`drop function ${words(String(made.called))}`);
}

function own(one: Retyped): Sql {
  return sql`table_schema = ${value(one.table.schema)} and table_name = ${value(one.named)}
    and column_name = ${value(one.column.name)}`;
}

async function shadowOf(c: Connection, one: Retyped): Promise<{ readonly into: string; readonly word: string } | null> {
  const [row] = await c.query(sql`select into_type from freehold.fh_shadow where ${own(one)}`);
  if (row === undefined) return null;
  const into = String(row.into_type);
  return { into, word: wordFor(one.table.schema, one.named, one.column.name, into) };
}
