import type { Connection, Row } from '../../engine/connection.ts';
import type { Catalogue, CatalogueColumn } from '../../engine/engine.ts';
import { type Sql, sql } from '../../sql/sql.ts';
import { type ColumnType, neutralType } from './neutral.ts';
import { isMariadb } from './product.ts';

/**
 * Tables of the session's database with keys, comments and sizes, by name. Views and temporary tables are left out; other
 * databases of the server are other databases.
 */
export async function catalogue(connection: Connection): Promise<Catalogue> {
  const here = sql`table_schema = database()`;
  const columns = new Map<string, CatalogueColumn[]>();
  const isJson = await jsonColumns(connection);
  for (const row of await connection.query(columnsOf(here))) {
    const table = String(row.table);
    columns.set(table, [...(columns.get(table) ?? []), columnOf(row, isJson)]);
  }
  const keys = new Map<string, string[]>();
  for (const row of await connection.query(sql`
    select table_name as "table", column_name as name from information_schema.statistics
    where ${here} and index_name = 'PRIMARY' order by table_name, seq_in_index`)) {
    keys.set(String(row.table), [...(keys.get(String(row.table)) ?? []), String(row.name)]);
  }
  const tables = await connection.query(sql`
    select table_schema as "schema", table_name as name, table_comment as "comment", table_rows as "rows",
      data_length + index_length as bytes
    from information_schema.tables where ${here} and table_type in ('BASE TABLE', 'SYSTEM VERSIONED')
    order by cast(table_name as binary)`);
  return {
    tables: tables.map((row) => ({
      schema: String(row.schema),
      name: String(row.name),
      comment: textOrNull(row.comment),
      key: keys.get(String(row.name)) ?? [],
      columns: columns.get(String(row.name)) ?? [],
      estimatedRows: numberOrNull(row.rows),
      bytes: numberOrNull(row.bytes),
    })),
  };
}

/** Columns of tables in their order; `where` is about information_schema.columns. */
export function columnsOf(where: Sql): Sql {
  return sql`
    select table_schema as "schema", table_name as "table", column_name as name, data_type as type, column_type as physical,
      character_maximum_length as "characters", numeric_precision as "precision", numeric_scale as scale,
      datetime_precision as fraction, character_set_name as "charset", is_nullable = 'YES' as "nullable",
      column_comment as "comment", extra, column_key as "key", ordinal_position as position,
      coalesce(generation_expression, '') as expression
    from information_schema.columns where ${where}
    order by table_schema, table_name, ordinal_position`;
}

export type IsJson = (schema: string, table: string, column: string) => boolean;

/** MariaDB has no type json: the word makes a text with a check of the column's name. */
export async function jsonColumns(connection: Connection): Promise<IsJson> {
  if (!(await isMariadb(connection))) return () => false;
  const rows = await connection.query(sql`
    select constraint_schema as "schema", table_name as "table", constraint_name as name
    from information_schema.check_constraints where replace(replace(lower(check_clause), '\`', ''), '"', '') = 'json_valid(' || lower(constraint_name) || ')'`);
  const found = new Set(rows.map((row) => JSON.stringify([row.schema, row.table, row.name])));
  return (schema, table, column) => found.has(JSON.stringify([schema, table, column]));
}

export function columnTypeOf(row: Row, isJson: IsJson): ColumnType {
  return {
    name: String(row.type),
    physical: String(row.physical),
    characters: numberOrNull(row.characters),
    precision: numberOrNull(row.precision),
    scale: numberOrNull(row.scale),
    fraction: numberOrNull(row.fraction),
    isJson: String(row.type) === 'longtext' && isJson(String(row.schema), String(row.table), String(row.name)),
  };
}

function columnOf(row: Row, isJson: IsJson): CatalogueColumn {
  const found = neutralType(columnTypeOf(row, isJson));
  return {
    name: String(row.name),
    physical: String(row.physical),
    type: 'type' in found ? found.type : null,
    unmapped: 'unmapped' in found ? found.unmapped : null,
    nullable: Number(row.nullable) === 1,
    comment: textOrNull(row.comment),
    generated: String(row.expression) !== '',
  };
}

function textOrNull(of: unknown): string | null {
  return typeof of === 'string' && of !== '' ? of : null;
}

function numberOrNull(of: unknown): number | null {
  return of === null || of === undefined ? null : Number(of);
}
