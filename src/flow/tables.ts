import { digestText } from '../base/digest.ts';
import { type Connection, EngineError } from '../engine/connection.ts';
import type { Table } from '../plan/plan.ts';
import { render } from '../sql/render.ts';
import { empty, list, name, type Sql, sql, value, words } from '../sql/sql.ts';
import { again } from './bookkeeping.ts';
import { ensureBookkeeping } from './checkpoint.ts';

export type KeptTable = Table & { readonly keepsDelta: boolean };

/**
 * Makes the tables of datasets as they should be. Idempotent and only ever additive: a new column is added, nullable, to
 * tables that have rows; nothing is dropped; a column whose type changed is refused by an EngineError that names it.
 * Current tables have no key until `buildKey`, so that the first load is fast. One transaction: all of it or nothing.
 */
export async function ensureTables(c: Connection, tables: readonly KeptTable[]): Promise<void> {
  if (tables.length === 0) return;
  await ensureBookkeeping(c);
  await again(() => c.transaction(() => ensure(c, tables)));
}

/** The key of a current table, where the engine keeps keys, unless it is there: once the first rows are loaded. */
export async function buildKey(c: Connection, table: Table): Promise<void> {
  if (!c.dialect.indexes || table.key.length === 0) return;
  const known = await c.query(sql`select constraint_name from information_schema.table_constraints
    where table_schema = ${value(table.schema)} and table_name = ${value(table.current)}
      and constraint_type = 'PRIMARY KEY'`);
  if (known.length > 0) return;
  await c.execute(
    sql`alter table ${name(table.schema, table.current)} add primary key (${list(table.key.map((key) => name(key)))})`,
  );
}

async function ensure(c: Connection, tables: readonly KeptTable[]): Promise<void> {
  const schemas = [...new Set(tables.map((table) => table.schema))];
  for (const schema of schemas) await c.execute(sql`create schema if not exists ${name(schema)}`);
  const known = await knownColumns(c, schemas);
  const wanted = tables.flatMap((table) => physicalTables(c, table));
  const spelled = wanted.some((one) => known.has(place(one)))
    ? await spelledTypes(c, wanted)
    : new Map<string, string>();
  for (const one of wanted) {
    const columns = known.get(place(one));
    if (columns === undefined) await create(c, one);
    else await extend(c, one, columns, spelled);
  }
  for (const table of tables) await noteBeginnings(c, table, known);
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
};

function physicalTables(c: Connection, table: KeptTable): readonly Physical[] {
  const bigint = words(c.dialect.bigint);
  const columns = table.columns.map((column) => {
    const type = c.types.physical(column.type);
    return { name: column.name, type, text: render(type, c.dialect).text };
  });
  const indexed = (names: readonly string[]) => (c.dialect.indexes ? names : []);
  const current: Physical = {
    table,
    name: table.current,
    header: [sql`fh_from ${bigint} not null default 1`],
    headerNames: ['fh_from'],
    columns,
    options: words(c.dialect.currentOptions),
    index: [],
  };
  const history: Physical = {
    table,
    name: table.history,
    header: [sql`fh_from ${bigint} not null`, sql`fh_to ${bigint} not null`],
    headerNames: ['fh_from', 'fh_to'],
    columns,
    options: empty,
    index: table.key.length === 0 ? [] : indexed([...table.key, 'fh_from']),
  };
  const delta: Physical = {
    table,
    name: table.delta,
    header: [sql`fh_ordinal ${bigint} not null`, sql`fh_op smallint not null`],
    headerNames: ['fh_ordinal', 'fh_op'],
    columns,
    options: empty,
    index: indexed(['fh_ordinal']),
  };
  return [current, ...(table.layout === 'split' ? [history] : []), ...(table.keepsDelta ? [delta] : [])];
}

async function create(c: Connection, one: Physical): Promise<void> {
  const columns = one.columns.map((column) => sql`${name(column.name)} ${column.type}`);
  // The header comes last: bigint after the row's own columns, so that these keep the source's order.
  await c.execute(sql`create table ${name(one.table.schema, one.name)} (
  ${list([...columns, ...one.header], ',\n  ')}) ${one.options}`);
  if (one.index.length === 0) return;
  await c.execute(sql`create index ${name(limited(`${one.name}__by`, c.dialect.identifierLimit))}
    on ${name(one.table.schema, one.name)} (${list(one.index.map((column) => name(column)))})`);
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
  const now = sql`(select k.ordinal from freehold.fh_checkpoint k where k.stream = freehold.fh_dataset.stream)`;
  const mine = sql`address = ${value(table.address)}`;
  const begins = (physical: string) => !known.has(place({ table, name: physical }));
  if (table.layout === 'split' && begins(table.history) && !begins(table.current)) {
    await c.execute(sql`update freehold.fh_dataset set complete_from = ${now} where ${mine}`);
  }
  if (table.keepsDelta) {
    await c.execute(sql`update freehold.fh_dataset set delta_from = ${now} where ${mine} and delta_from is null`);
  } else {
    await c.execute(sql`update freehold.fh_dataset set delta_from = null where ${mine} and delta_from is not null`);
  }
}

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
