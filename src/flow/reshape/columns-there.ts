import type { Connection } from '../../engine/connection.ts';
import { literal, name, type Sql, sql, value } from '../../sql/sql.ts';

/** Columns of a table with their types, as the engine spells them. */
export async function typesOf(c: Connection, schema: string, table: string): Promise<ReadonlyMap<string, string>> {
  const rows = await c.query(sql`select attname::text as column, format_type(atttypid, atttypmod) as type
    from pg_catalog.pg_attribute where attnum > 0 and not attisdropped
      and attrelid = to_regclass(format('%I.%I', cast(${value(schema)} as text), cast(${value(table)} as text)))
    order by attnum`);
  return new Map(rows.map((row) => [String(row.column), String(row.type)]));
}

/** The ordinal that rows are of which are copied without one. */
export async function baseOf(c: Connection, schema: string, table: string): Promise<Sql> {
  const [row] = await c.query(sql`select column_default as base from information_schema.columns
    where table_schema = ${value(schema)} and table_name = ${value(table)} and column_name = 'fh_from'`);
  const base = /\d+/.exec(String(row?.base))?.[0];
  return sql`${literal(BigInt(base ?? 1))}`;
}

export async function setBase(c: Connection, schema: string, table: string, base: Sql): Promise<void> {
  await c.execute(sql`alter table ${name(schema, table)} alter column fh_from set default ${base}`);
}
