import { digestText } from '../base/digest.ts';
import type { Connection } from '../engine/connection.ts';
import type { Table } from '../plan/plan.ts';
import { render } from '../sql/render.ts';
import { empty, list, literal, name, type Sql, sql, value, words } from '../sql/sql.ts';

/** A table of a dataset in a container, as it should be. */
export type Physical = {
  readonly table: Table;
  readonly name: string;
  readonly header: readonly Sql[];
  readonly headerNames: readonly string[];
  /** `absent`: what current rows have that are from before the column was there; null: nothing. */
  readonly columns: readonly {
    readonly name: string;
    readonly type: Sql;
    readonly text: string;
    readonly absent: Sql | null;
  }[];
  readonly options: Sql;
  /** Columns of its index; empty: none. */
  readonly index: readonly string[];
  /** A column by which the rows rest in order, for what is purged; null: none. */
  readonly growing: string | null;
};

function columnsOf(c: Connection, table: Table): Physical['columns'] {
  return table.columns.map((column) => {
    const type = c.types.physical(column.type);
    const absent =
      column.absent === undefined ? null : c.types.fromTransport(column.type, sql`${literal(column.absent)}`);
    return { name: column.name, type, text: render(type, c.dialect).text, absent };
  });
}

/** Current rows; in layout `split` closed versions; in layout `history` both in one. */
export function versionTables(c: Connection, table: Table): readonly Physical[] {
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
  if (typeof table.versions === 'string') return [inOne(table.versions, current, history, bigint)];
  return [current, ...(table.layout === 'live' ? [] : [history])];
}

function inOne(named: string, current: Physical, history: Physical, bigint: Sql): Physical {
  return { ...history, name: named, header: [...current.header, sql`fh_to ${bigint}`] };
}

export function deltaTable(c: Connection, table: Table, named: string): Physical {
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

/** Table -> column -> type as the engine's catalogue spells it. */
export type KnownColumns = ReadonlyMap<string, ReadonlyMap<string, string>>;

export function place(of: { readonly table: { readonly schema: string }; readonly name: string }): string {
  return `${of.table.schema}.${of.name}`;
}

export async function knownColumns(c: Connection, schemas: readonly string[]): Promise<KnownColumns> {
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
export async function spelledTypes(
  c: Connection,
  wanted: readonly Pick<Physical, 'columns'>[],
): Promise<ReadonlyMap<string, string>> {
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
export function limited(whole: string, limit: number): string {
  if (Buffer.byteLength(whole) <= limit) return whole;
  const cut = Buffer.from(whole)
    .subarray(0, limit - 9)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
  return `${cut}_${digestText(whole).slice(0, 8)}`;
}
