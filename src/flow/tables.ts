import { digestText } from '../base/digest.ts';
import { type Connection, EngineError } from '../engine/connection.ts';
import type { PlannedCheck, Table } from '../plan/plan.ts';
import { render } from '../sql/render.ts';
import { empty, list, name, type Sql, sql, value, words } from '../sql/sql.ts';
import { again, deltaRanges, integer } from './bookkeeping.ts';
import { ensureBookkeeping } from './checkpoint.ts';
import { withQuarantine } from './quality/quarantine.ts';
import { ensureResults } from './quality/results.ts';

export type KeptTable = Table & {
  readonly keepsDelta: boolean;
  /** What must hold of its rows; of a store's tables alone. */
  readonly checks?: readonly PlannedCheck[];
  /** The table beside it of changes that wait: `quality/quarantine.ts`. As `ensureTables` finds it. */
  readonly quarantine?: string;
};

/** A table as it is kept, with where its changes may wait. */
export type Ensured<T> = T & Pick<KeptTable, 'quarantine'>;

/**
 * Makes the tables of datasets as they should be. Idempotent and only ever additive: a new column is added, nullable, to
 * tables that have rows; a column whose type changed is refused by an EngineError that names it; nothing is dropped, and a
 * delta that nothing reads any more is emptied.
 * Current tables have no key until `buildKey`, so that the first load is fast. One transaction: all of it or nothing.
 *
 * The answer is the tables as they are kept: versions that nobody asks for any more are written for `graceDays` on.
 */
export async function ensureTables<T extends KeptTable>(
  c: Connection,
  tables: readonly T[],
): Promise<readonly Ensured<T>[]> {
  if (tables.length === 0) return [];
  await ensureBookkeeping(c);
  return again(() => c.transaction(() => ensure(c, tables)));
}

/** The key of a current table, where the engine keeps keys, unless it is there: once the first rows are loaded. */
export async function buildKey(c: Connection, table: Table): Promise<void> {
  if (!c.dialect.indexes || table.key.length === 0) return;
  if ((await keyOf(c, table)) !== null) return;
  await c.execute(
    sql`alter table ${name(table.schema, table.current)} add primary key (${list(table.key.map((key) => name(key)))})`,
  );
}

/** Empties a current table and takes its key away: before its first rows, where a load was cut. */
export async function emptyCurrent(c: Connection, table: Table): Promise<void> {
  const current = name(table.schema, table.current);
  await c.execute(sql`truncate ${current}`);
  const key = await keyOf(c, table);
  if (key !== null) await c.execute(sql`alter table ${current} drop constraint ${name(key)}`);
}

/** The name of a current table's key; null: it has none. */
async function keyOf(c: Connection, table: Table): Promise<string | null> {
  const [known] = await c.query(sql`select constraint_name from information_schema.table_constraints
    where table_schema = ${value(table.schema)} and table_name = ${value(table.current)}
      and constraint_type = 'PRIMARY KEY'`);
  return known === undefined ? null : String(known.constraint_name);
}

async function ensure<T extends KeptTable>(c: Connection, asked: readonly T[]): Promise<readonly Ensured<T>[]> {
  const schemas = [...new Set(asked.map((table) => table.schema))];
  for (const schema of schemas) await c.execute(sql`create schema if not exists ${name(schema)}`);
  const known = await knownColumns(c, schemas);
  const tables: T[] = [];
  for (const table of asked) {
    await noteAsked(c, table);
    tables.push(await asKept(c, table, known));
  }
  const wanted: Physical[] = [];
  for (const table of tables) wanted.push(...versionTables(c, table), ...(await deltaTables(c, table)));
  const spelled = wanted.some((one) => known.has(place(one)))
    ? await spelledTypes(c, wanted)
    : new Map<string, string>();
  for (const one of wanted) {
    const columns = known.get(place(one));
    if (columns === undefined) await create(c, one);
    else await extend(c, one, columns, spelled);
  }
  for (const table of tables) await noteBeginnings(c, table, known);
  return withQuality(c, tables);
}

async function withQuality<T extends KeptTable>(c: Connection, tables: readonly T[]): Promise<readonly Ensured<T>[]> {
  const kept: Ensured<T>[] = [];
  for (const table of tables) {
    await ensureResults(c, table.address, table.checks ?? []);
    kept.push(await withQuarantine(c, table));
  }
  return kept;
}

/** Versions are still kept so long after the last consumer asked for them, or for so long. */
export const graceDays = 30;

/** Remembers since when nobody asks for what was asked before. */
async function noteAsked(c: Connection, table: KeptTable): Promise<void> {
  const mine = sql`address = ${value(table.address)} and until is null`;
  const asks = table.layout === 'split';
  const ms = table.retentionMs === undefined ? sql`cast(null as bigint)` : integer(BigInt(table.retentionMs));
  const other = asks ? sql`and retention_ms is distinct from ${ms}` : empty;
  await c.execute(sql`update freehold.fh_retention set until = now() + ${words(`interval '${graceDays} days'`)}
    where ${mine} ${other}`);
  if (!asks) return;
  await c.execute(sql`insert into freehold.fh_retention (address, retention_ms, until)
    select ${value(table.address)}, ${ms}, null
    where not exists (select 1 from freehold.fh_retention where ${mine})`);
}

/** Nobody asks for versions, and some are here: they are written on until the grace is over. */
async function asKept<T extends KeptTable>(c: Connection, table: T, known: KnownColumns): Promise<T> {
  if (table.layout === 'split' || !known.has(place({ table, name: table.history }))) return table;
  const mine = sql`address = ${value(table.address)}`;
  const [row] = await c.query(sql`select count(*) as asked from freehold.fh_retention
    where ${mine} and (until is null or until > now())`);
  if (Number(row?.asked) > 0) return { ...table, layout: 'split' };
  await c.execute(sql`delete from freehold.fh_retention where ${mine}`);
  await c.execute(sql`update freehold.fh_dataset set has_ended = true, complete_from = ${ordinalNow}
    where ${mine} and has_ended is not true`);
  return table;
}

type Physical = {
  readonly table: Table;
  readonly name: string;
  readonly header: readonly Sql[];
  readonly headerNames: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: Sql; readonly text: string }[];
  readonly options: Sql;
  /** Columns of its index; empty: none. */
  readonly index: readonly string[];
  /** A column by which the rows rest in order, for what is purged; null: none. */
  readonly growing: string | null;
};

function columnsOf(c: Connection, table: Table): Physical['columns'] {
  return table.columns.map((column) => {
    const type = c.types.physical(column.type);
    return { name: column.name, type, text: render(type, c.dialect).text };
  });
}

function versionTables(c: Connection, table: KeptTable): readonly Physical[] {
  const bigint = words(c.dialect.bigint);
  const columns = columnsOf(c, table);
  const current: Physical = {
    table,
    name: table.current,
    header: [sql`fh_from ${bigint} not null default 1`],
    headerNames: ['fh_from'],
    columns,
    options: words(c.dialect.currentOptions),
    index: [],
    growing: null,
  };
  const history: Physical = {
    table,
    name: table.history,
    header: [sql`fh_from ${bigint} not null`, sql`fh_to ${bigint} not null`],
    headerNames: ['fh_from', 'fh_to'],
    columns,
    options: empty,
    index: c.dialect.indexes && table.key.length > 0 ? [...table.key, 'fh_from'] : [],
    growing: 'fh_to',
  };
  return [current, ...(table.layout === 'split' ? [history] : [])];
}

/** The tables of a dataset's delta: those that are there, or its first; none where it keeps none, and they are emptied. */
async function deltaTables(c: Connection, table: KeptTable): Promise<readonly Physical[]> {
  const ranges = await deltaRanges(c, table.address);
  const mine = sql`address = ${value(table.address)}`;
  if (!table.keepsDelta) {
    // A process that does not know yet may still append.
    for (const range of ranges.filter(({ rows }) => rows > 0))
      await c.execute(sql`truncate ${name(table.schema, range.table)}`);
    if (ranges.length > 0) await c.execute(sql`update freehold.fh_delta_range set rows = 0 where ${mine}`);
    return [];
  }
  if (ranges.length > 0) return ranges.map((range) => deltaTable(c, table, range.table));
  await c.execute(sql`insert into freehold.fh_delta_range (address, n, "table", after_ordinal, rows)
    values (${value(table.address)}, 1, ${value(table.delta)}, 0, 0)`);
  return [deltaTable(c, table, table.delta)];
}

function deltaTable(c: Connection, table: Table, named: string): Physical {
  return {
    table,
    name: named,
    header: [sql`fh_ordinal ${words(c.dialect.bigint)} not null`, sql`fh_op smallint not null`],
    headerNames: ['fh_ordinal', 'fh_op'],
    columns: columnsOf(c, table),
    options: empty,
    index: c.dialect.indexes ? ['fh_ordinal'] : [],
    growing: null,
  };
}

/** One more table of a dataset's delta, in the caller's transaction; its name. */
export async function createDeltaTable(c: Connection, table: Table, n: number): Promise<string> {
  const named = limited(`${table.delta}__${n}`, c.dialect.identifierLimit);
  await create(c, deltaTable(c, table, named));
  return named;
}

async function create(c: Connection, one: Physical): Promise<void> {
  // Said now, since a key that is built over what may be null reads the whole table once more.
  const isKey = (column: string) => one.name === one.table.current && one.table.key.includes(column);
  const columns = one.columns.map(
    (column) => sql`${name(column.name)} ${column.type}${isKey(column.name) ? sql` not null` : empty}`,
  );
  // The header comes last: bigint after the row's own columns, so that these keep the source's order.
  await c.execute(sql`create table ${name(one.table.schema, one.name)} (
  ${list([...columns, ...one.header], ',\n  ')}) ${one.options}`);
  const called = (word: string) => name(limited(`${one.name}__${word}`, c.dialect.identifierLimit));
  const at = name(one.table.schema, one.name);
  if (one.index.length > 0)
    await c.execute(sql`create index ${called('by')} on ${at} (${list(one.index.map((column) => name(column)))})`);
  if (one.growing !== null && c.dialect.growingIndex !== null)
    await c.execute(
      sql`create index ${called('ended')} on ${at} using ${words(c.dialect.growingIndex)} (${name(one.growing)})`,
    );
}

async function extend(
  c: Connection,
  one: Physical,
  known: ReadonlyMap<string, string>,
  spelled: ReadonlyMap<string, string>,
): Promise<void> {
  for (const column of one.columns) {
    const is = known.get(column.name);
    const should = spelled.get(column.text);
    if (is === undefined) {
      await c.execute(
        sql`alter table ${name(one.table.schema, one.name)} add column ${name(column.name)} ${column.type}`,
      );
    } else if (is !== should) {
      throw new EngineError(
        'statement',
        `column '${column.name}' of '${one.table.address}' is ${is} in table "${one.table.schema}"."${one.name}" and should ` +
          `become ${column.text}. Changing the type of stored rows is not done in place: give the column a new name, or ` +
          'keep its type.',
      );
    }
  }
}

/**
 * Where a table begins only now although the stream already has rows here, note from when on it is complete: history
 * from the ordinal at which the layout became `split`, delta likewise; a delta that is no longer kept is worth nothing.
 */
async function noteBeginnings(c: Connection, table: KeptTable, known: KnownColumns): Promise<void> {
  const mine = sql`address = ${value(table.address)}`;
  const begins = (physical: string) => !known.has(place({ table, name: physical }));
  if (table.layout === 'split' && begins(table.history) && !begins(table.current)) {
    await c.execute(sql`update freehold.fh_dataset set complete_from = ${ordinalNow} where ${mine}`);
  } else if (table.layout === 'split') {
    const [ended] = await c.query(sql`select address from freehold.fh_dataset where ${mine} and has_ended is true`);
    if (ended !== undefined) await c.execute(sql`truncate ${name(table.schema, table.history)}`);
    await c.execute(sql`update freehold.fh_dataset set has_ended = false, complete_from = ${ordinalNow}
      where ${mine} and has_ended is true`);
  }
  if (table.keepsDelta) {
    await c.execute(
      sql`update freehold.fh_dataset set delta_from = ${ordinalNow} where ${mine} and delta_from is null`,
    );
  } else {
    await c.execute(sql`update freehold.fh_dataset set delta_from = null where ${mine} and delta_from is not null`);
  }
}

const ordinalNow = sql`(select k.ordinal from freehold.fh_checkpoint k where k.stream = freehold.fh_dataset.stream)`;

/** Table -> column -> type as the engine's catalogue spells it. */
type KnownColumns = ReadonlyMap<string, ReadonlyMap<string, string>>;

function place(of: { readonly table: { readonly schema: string }; readonly name: string }): string {
  return `${of.table.schema}.${of.name}`;
}

async function knownColumns(c: Connection, schemas: readonly string[]): Promise<KnownColumns> {
  const rows = await c.query(sql`select table_schema, table_name, column_name, ${spelling} as spelled
    from information_schema.columns
    where table_schema in (${list(schemas.map((schema) => value(schema)))})`);
  const known = new Map<string, Map<string, string>>();
  for (const row of rows) {
    const at = place({ table: { schema: String(row.table_schema) }, name: String(row.table_name) });
    const columns = known.get(at) ?? new Map<string, string>();
    known.set(at, columns.set(String(row.column_name), String(row.spelled)));
  }
  return known;
}

/** One text for a type in the catalogue; `udt_name` tells PostgreSQL's arrays apart. */
const spelling = sql`lower(data_type)
  || case when data_type = 'ARRAY' then ' ' || coalesce(udt_name, '') else '' end
  || case when lower(data_type) = 'numeric' and numeric_precision is not null
       then '(' || numeric_precision || ',' || numeric_scale || ')' else '' end`;

/** How the catalogue spells each type we want: asked of the engine, by a temporary table with one column of each. */
async function spelledTypes(c: Connection, wanted: readonly Physical[]): Promise<ReadonlyMap<string, string>> {
  const types = new Map(wanted.flatMap((one) => one.columns.map((column) => [column.text, column.type] as const)));
  const columns = [...types.values()].map((type, i) => sql`${name(`c${i}`)} ${type}`);
  await c.execute(sql`create temporary table fh_spelled (${list(columns)})`);
  const rows = await c.query(
    sql`select column_name, ${spelling} as spelled from information_schema.columns where table_name = 'fh_spelled'`,
  );
  await c.execute(sql`drop table fh_spelled`);
  const byName = new Map(rows.map((row) => [String(row.column_name), String(row.spelled)]));
  return new Map([...types.keys()].map((text, i) => [text, byName.get(`c${i}`) ?? text]));
}

/** A name within the engine's limit: cut, with the digest of the whole. */
function limited(whole: string, limit: number): string {
  if (Buffer.byteLength(whole) <= limit) return whole;
  const cut = Buffer.from(whole)
    .subarray(0, limit - 9)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
  return `${cut}_${digestText(whole).slice(0, 8)}`;
}

export async function isTable(c: Connection, schema: string, table: string): Promise<boolean> {
  const rows = await c.query(sql`select table_name from information_schema.tables
    where table_schema = ${value(schema)} and table_name = ${value(table)}`);
  return rows.length > 0;
}
