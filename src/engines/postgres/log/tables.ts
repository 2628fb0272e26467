import type { CaptureName, SourceTable } from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import { sql, value } from '../../../sql/sql.ts';
import { publicationNames } from './publication.ts';

/** A table of the model as the source's catalogue has it now. */
export type TableNow = {
  readonly oid: number;
  readonly isLogged: boolean;
  /** Does an update say which row it was? */
  readonly hasIdentity: boolean;
  /** Do others inherit from it, not as partitions? */
  readonly isParent: boolean;
  /** Its partitions at all levels. */
  readonly partitions: readonly Partition[];
  readonly columns: readonly string[];
  /** By the publication it belongs in; null: not in there. */
  readonly published: Published | null;
};

/** `isBorn`: it was made as a partition, so it began empty. Else it was a table of its own before. */
type Partition = { readonly oid: number; readonly name: string; readonly isBorn: boolean };

/** What of the table the publication gives. `actions`: those of insert, update, delete, truncate, in this order. */
type Published = {
  readonly columns: readonly string[] | null;
  readonly filter: string | null;
  readonly actions: readonly string[];
  readonly viaRoot: boolean;
};

/** In the order of the tables; null where there is no such table. */
export async function readTablesNow(
  source: Connection,
  capture: CaptureName,
  tables: readonly SourceTable[],
): Promise<readonly (TableNow | null)[]> {
  if (tables.length === 0) return [];
  const names = publicationNames(capture);
  const wanted = {
    schema: value(tables.map((table) => table.schema)),
    table: value(tables.map((table) => table.table)),
    publication: value(tables.map((table) => (table.key.length > 0 ? names.keyed : names.keyless))),
  };
  // The catalogue's columns for lists and filters are newer than PostgreSQL 14. A partition and its place in the tree have
  // one maker where `create table ... partition of` made both; system columns are never altered later.
  const rows = await source.query(sql`
    select w.n, c.oid::bigint as oid, c.relpersistence = 'p' as is_logged,
      c.relreplident in ('f', 'i') or c.relreplident = 'd' and exists (
        select from pg_catalog.pg_index as i where i.indrelid = c.oid and i.indisprimary) as has_identity,
      c.relkind = 'r' and exists (select from pg_catalog.pg_inherits as h where h.inhparent = c.oid) as is_parent,
      (select json_agg(json_build_array(t.relid::oid::bigint, t.relid::regclass::text, h.xmin = a.xmin) order by t.relid::oid)
        from pg_catalog.pg_partition_tree(c.oid) as t
        join pg_catalog.pg_inherits as h on h.inhrelid = t.relid and h.inhparent = t.parentrelid
        join pg_catalog.pg_attribute as a on a.attrelid = t.relid and a.attname = 'tableoid'
        where c.relkind = 'p' and t.level > 0)::text as partitions,
      (select json_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)::text as there,
      p.oid is not null and t.tablename is not null as is_published, p.pubviaroot as via_root,
      array_remove(array[case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
        case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end], null) as actions,
      to_jsonb(t) ->> 'rowfilter' as filter, (to_jsonb(t) -> 'attnames')::text as columns
    from unnest(${wanted.schema}::text[], ${wanted.table}::text[], ${wanted.publication}::text[])
      with ordinality as w(schema, name, publication, n)
    join pg_catalog.pg_namespace as s on s.nspname = w.schema
    join pg_catalog.pg_class as c on c.relnamespace = s.oid and c.relname = w.name and c.relkind in ('r', 'p')
    left join pg_catalog.pg_publication as p on p.pubname = w.publication
    left join pg_catalog.pg_publication_tables as t
      on t.pubname = w.publication and t.schemaname = w.schema and t.tablename = w.name
    order by w.n`);
  return tables.map((_, at) => {
    const row = rows.find(({ n }) => Number(n) === at + 1);
    if (row === undefined) return null;
    const columns = parsed(row.columns);
    return {
      oid: Number(row.oid),
      isLogged: row.is_logged === true,
      hasIdentity: row.has_identity === true,
      isParent: row.is_parent === true,
      partitions: listOf(parsed(row.partitions)).map((of) => {
        const [oid, name, isBorn] = listOf(of);
        return { oid: Number(oid), name: String(name), isBorn: isBorn === true };
      }),
      columns: listOf(parsed(row.there)).map(String),
      published:
        row.is_published === true
          ? {
              columns: Array.isArray(columns) ? columns.map(String) : null,
              filter: typeof row.filter === 'string' ? row.filter : null,
              actions: Array.isArray(row.actions) ? row.actions.map(String) : [],
              viaRoot: row.via_root === true,
            }
          : null,
    };
  });
}

function parsed(json: unknown): unknown {
  return typeof json === 'string' ? JSON.parse(json) : null;
}

function listOf(of: unknown): readonly unknown[] {
  return Array.isArray(of) ? of : [];
}
