import type { Connection, Row } from '../../engine/connection.ts';
import type { Catalogue, CatalogueColumn } from '../../engine/engine.ts';
import { sql } from '../../sql/sql.ts';
import { type KnownTypes, knownTypes, neutralType } from './neutral.ts';

/**
 * Tables of a database with keys, comments and sizes, by schema and name. A partitioned table is one table and its
 * partitions are none; views, foreign and temporary tables, system schemas and what an extension brought are left out.
 */
export async function catalogue(connection: Connection): Promise<Catalogue> {
  const known = await knownTypes(connection);
  const columns = new Map<string, CatalogueColumn[]>();
  for (const row of await connection.query(columnsOfTables)) {
    const table = String(row.table);
    const before = columns.get(table);
    if (before === undefined) columns.set(table, [columnOf(row, known)]);
    else before.push(columnOf(row, known));
  }
  const tables = await connection.query(tablesOfDatabase);
  return {
    tables: tables.map((row) => ({
      schema: String(row.schema),
      name: String(row.name),
      comment: textOrNull(row.comment),
      key: Array.isArray(row.key) ? row.key.map(String) : [],
      columns: columns.get(String(row.oid)) ?? [],
      estimatedRows: numberOrNull(row.rows),
      bytes: numberOrNull(row.bytes),
    })),
  };
}

/** Which relations are tables of the producer's: `c` is pg_class, `n` its pg_namespace. */
const isTable = sql`c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
  and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
  and not exists (select from pg_depend as d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

const tablesOfDatabase = sql`
select c.oid::text as oid, n.nspname::text as schema, c.relname::text as name, obj_description(c.oid, 'pg_class') as comment,
  (select array_agg(a.attname::text order by k.n)
   from pg_index as i, unnest(i.indkey) with ordinality as k(attnum, n), pg_attribute as a
   where i.indrelid = c.oid and i.indisprimary and k.n <= i.indnkeyatts
     and a.attrelid = c.oid and a.attnum = k.attnum) as key,
  size.rows::text as rows, size.bytes::text as bytes
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
  select sum(nullif(p.reltuples, -1)) as rows, sum(pg_table_size(p.oid)) as bytes
  from pg_class as p
  where case c.relkind when 'p' then p.oid in (select t.relid from pg_partition_tree(c.oid) as t where t.isleaf)
    else p.oid = c.oid end) as size
where ${isTable}
order by n.nspname collate "C", c.relname collate "C"`;

const columnsOfTables = sql`
select c.oid::text as "table", a.attname::text as name, format_type(a.atttypid, a.atttypmod) as physical,
  a.atttypid as type, a.atttypmod as modifier, a.attndims as dimensions, a.attnotnull as required,
  a.attgenerated <> '' as generated, col_description(c.oid, a.attnum) as comment
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where ${isTable}
order by c.oid, a.attnum`;

function columnOf(row: Row, known: KnownTypes): CatalogueColumn {
  const found = neutralType(known, {
    oid: Number(row.type),
    modifier: Number(row.modifier),
    dimensions: Number(row.dimensions),
    physical: String(row.physical),
  });
  return {
    name: String(row.name),
    physical: String(row.physical),
    type: 'type' in found ? found.type : null,
    unmapped: 'unmapped' in found ? found.unmapped : null,
    nullable: row.required !== true,
    comment: textOrNull(row.comment),
    generated: row.generated === true,
  };
}

function textOrNull(of: unknown): string | null {
  return typeof of === 'string' ? of : null;
}

function numberOrNull(of: unknown): number | null {
  return of === null || of === undefined ? null : Number(of);
}
