import type { Connection, Row } from '../../engine/connection.ts';
import type { Catalogue, CatalogueColumn } from '../../engine/engine.ts';
import { sql } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';

/** The tables of the file, in order of schema and name. */
export async function catalogue(connection: Connection): Promise<Catalogue> {
  const tables = await connection.query(sql`
    select t.table_oid, t.schema_name, t.table_name, t.comment, t.estimated_size
    from duckdb_tables() as t
    where t.database_name = current_database() and not t.internal and not t.temporary
    order by t.schema_name, t.table_name`);
  const columns = await connection.query(sql`
    select c.table_oid, c.column_name, c.data_type, c.is_nullable, c.comment
    from duckdb_columns() as c
    where c.database_name = current_database() and not c.internal
    order by c.table_oid, c.column_index`);
  const keys = await connection.query(sql`
    select k.table_oid, k.constraint_column_names
    from duckdb_constraints() as k
    where k.database_name = current_database() and k.constraint_type = 'PRIMARY KEY'`);
  return {
    tables: tables.map((table) => ({
      schema: String(table.schema_name),
      name: String(table.table_name),
      comment: textOrNull(table.comment),
      key: keys
        .filter((key) => key.table_oid === table.table_oid)
        .flatMap((key) => (Array.isArray(key.constraint_column_names) ? key.constraint_column_names.map(String) : [])),
      columns: columns.filter((column) => column.table_oid === table.table_oid).map(columnOf),
      estimatedRows: table.estimated_size === null ? null : Number(table.estimated_size),
      bytes: null,
    })),
  };
}

function columnOf(row: Row): CatalogueColumn {
  const physical = String(row.data_type);
  const type = typeOf(physical);
  return {
    name: String(row.column_name),
    physical,
    type,
    unmapped: type === null ? `DuckDB's ${physical} has no equal among our types` : null,
    nullable: row.is_nullable === true,
    comment: textOrNull(row.comment),
    generated: false,
  };
}

/** Types that hold exactly what DuckDB's hold; unsigned ones go to the next wider. */
function typeOf(physical: string): Type | null {
  const simple = simpleTypes[physical];
  if (simple !== undefined) return simple;
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(physical);
  if (decimal) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  if (physical.endsWith('[]')) {
    const of = typeOf(physical.slice(0, -2));
    return of === null || of.kind === 'array' ? null : { kind: 'array', of };
  }
  return null;
}

const simpleTypes: Readonly<Record<string, Type>> = {
  BOOLEAN: { kind: 'boolean' },
  TINYINT: { kind: 'int', bits: 8 },
  SMALLINT: { kind: 'int', bits: 16 },
  INTEGER: { kind: 'int', bits: 32 },
  BIGINT: { kind: 'int', bits: 64 },
  UTINYINT: { kind: 'int', bits: 16 },
  USMALLINT: { kind: 'int', bits: 32 },
  UINTEGER: { kind: 'int', bits: 64 },
  UBIGINT: { kind: 'decimal', precision: 20, scale: 0 },
  FLOAT: { kind: 'float', bits: 32 },
  DOUBLE: { kind: 'float', bits: 64 },
  VARCHAR: { kind: 'text' },
  BLOB: { kind: 'binary' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time', precision: 6 },
  TIMESTAMP: { kind: 'timestamp', precision: 6 },
  'TIMESTAMP WITH TIME ZONE': { kind: 'timestamptz', precision: 6 },
  INTERVAL: { kind: 'interval' },
  UUID: { kind: 'uuid' },
  JSON: { kind: 'json' },
};

function textOrNull(given: unknown): string | null {
  return typeof given === 'string' ? given : null;
}
