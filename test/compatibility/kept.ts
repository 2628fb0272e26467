import type { Connection } from '../../src/engine/connection.ts';
import { buildKey, ensureTables } from '../../src/flow/tables.ts';
import type { StreamDataset, TableColumn } from '../../src/plan/plan.ts';
import { render } from '../../src/sql/render.ts';
import { list, literal, name, type Sql, sql } from '../../src/sql/sql.ts';
import type { Type } from '../../src/types/type.ts';

/**
 * A dataset as the flow keeps it, in layout `split`: 1,000 current rows and a closed version of each, a key where the
 * engine keeps keys, and the views that readers have: `shown` of current rows, `shown_history` of every version.
 */
export type Kept = { readonly c: Connection; readonly of: StreamDataset; readonly isPostgres: boolean };

export const rows = 1_000;

const int32: Type = { kind: 'int', bits: 32 };
let serial = 0;

/** `text(i)`: the transport text of the value that row i has. */
export async function keep(c: Connection, isPostgres: boolean, type: Type, text: (i: number) => string): Promise<Kept> {
  const schema = `kept_${serial++}`;
  const of: StreamDataset = {
    address: `retail/sales/${schema}.things`,
    name: 'things',
    key: ['id'],
    columns: [
      { name: 'id', from: 'id', type: int32, nullable: false },
      { name: 'v', from: 'v', type, nullable: true },
    ],
    layout: 'split',
    schema,
    current: 'things',
    history: 'things__history',
    delta: 'things__delta',
    from: { schema: 'public', table: 'things' },
    appendOnly: false,
    keepsDelta: false,
  };
  await ensureTables(c, [of]);
  await buildKey(c, of);
  const kept = { c, of, isPostgres };
  await fill(kept, of.current, type, text, sql`2`, ['id', 'v', 'fh_from']);
  await fill(kept, of.history, type, (i) => text(i + rows), sql`1, 2`, ['id', 'v', 'fh_from', 'fh_to']);
  await makeViews(kept, ['id', 'v']);
  return kept;
}

/** A value from its transport text. */
export function typedValue(c: Connection, type: Type, text: string): Sql {
  return c.types.fromTransport(type, sql`cast(${literal(text)} as ${c.types.physical({ kind: 'text' })})`);
}

async function fill(
  { c, of }: Kept,
  table: string,
  type: Type,
  text: (i: number) => string,
  header: Sql,
  columns: readonly string[],
) {
  const all = Array.from({ length: rows }, (_, i) => sql`(${literal(i + 1)}, ${literal(text(i + 1))})`);
  await c.execute(sql`insert into ${name(of.schema, table)} (${list(columns.map((column) => name(column)))})
    select g.i, ${c.types.fromTransport(type, sql`cast(g.t as ${c.types.physical({ kind: 'text' })})`)}, ${header}
    from (values ${list(all)}) as g(i, t)`);
}

/** The views over these columns; `as`: what a column is shown as, where that differs. */
export async function makeViews(
  { c, of }: Kept,
  columns: readonly string[],
  as: Readonly<Record<string, string>> = {},
) {
  const shown = list(columns.map((column) => sql`r.${name(column)} as ${name(as[column] ?? column)}`));
  const history = sql`select ${shown}, r.fh_from, r.fh_to from ${name(of.schema, of.history)} r union all
    select ${shown}, r.fh_from, cast(9223372036854775807 as bigint) as fh_to from ${name(of.schema, of.current)} r`;
  await c.execute(
    sql`create view ${name(of.schema, 'shown')} as select ${shown} from ${name(of.schema, of.current)} r`,
  );
  await c.execute(sql`create view ${name(of.schema, 'shown_history')} as ${history}`);
}

export async function dropViews({ c, of }: Kept) {
  for (const view of ['shown_history', 'shown']) await c.execute(sql`drop view ${name(of.schema, view)}`);
}

/** Canonical text of a column in every version, `id from text`, in one order. */
export async function versions({ c, of }: Kept, column: TableColumn | { name: string; type: Type }, cast?: Sql) {
  const at = cast ?? sql`r.${name(column.name)}`;
  const text = sql`coalesce(${c.types.canonicalText(column.type, at)}, 'null')`;
  const one = (table: string) => sql`select r.id, r.fh_from, ${text} as t from ${name(of.schema, table)} r`;
  const found = await c.query(sql`${one(of.history)} union all ${one(of.current)}`);
  return found.map((row) => `${String(row.id)} ${String(row.fh_from)} ${String(row.t)}`).sort();
}

/** How many rows each view shows; an error of the engine where one is refused. */
export async function seen({ c, of }: Kept, columns: readonly string[]): Promise<readonly number[]> {
  const counts = [];
  for (const view of ['shown', 'shown_history']) {
    const found = await c.query(
      sql`select count(*) as n, ${list(columns.map((column) => sql`count(r.${name(column)}) as ${name(column)}`))}
        from ${name(of.schema, view)} r`,
    );
    counts.push(Number(found[0]?.n));
  }
  return counts;
}

/** PostgreSQL's files of the tables: another one means that every row was written again. Of other engines nothing. */
export async function files({ c, of, isPostgres }: Kept): Promise<readonly string[]> {
  if (!isPostgres) return [];
  const found = await c.query(sql`select k.relfilenode as file from pg_catalog.pg_class k
    join pg_catalog.pg_namespace n on n.oid = k.relnamespace
    where n.nspname = ${literal(of.schema)} and k.relkind = 'r' order by k.relname`);
  return found.map((row) => String(row.file));
}

/** Is a second row of a key refused? Only where the engine keeps keys. Nothing of the attempt stays. */
export async function refusesDouble({ c, of }: Kept): Promise<boolean> {
  const taken = new Error('taken');
  const attempt = c.transaction(async () => {
    await c.execute(sql`insert into ${name(of.schema, of.current)} (id, fh_from)
      select r.id, 3 from ${name(of.schema, of.current)} r limit 1`);
    throw taken;
  });
  return attempt.then(
    () => false,
    (failure: unknown) => failure !== taken,
  );
}

/** A conversion of the column into another type, as a plain `alter` does it, and texts as they are everywhere. */
export function converted(c: Connection, from: Type, into: Type, column: Sql): Sql {
  const text = physicalText(c, { kind: 'text' });
  return physicalText(c, into) === text && physicalText(c, from) !== text
    ? c.types.canonicalText(from, column)
    : sql`cast(${column} as ${c.types.physical(into)})`;
}

export function physicalText(c: Connection, type: Type): string {
  return render(c.types.physical(type), c.dialect).text;
}
