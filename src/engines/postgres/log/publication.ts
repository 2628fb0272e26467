import type { CaptureName, SourceTable } from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import { empty, list, literal, name, type Sql, sql, value } from '../../../sql/sql.ts';

/**
 * Two publications: tables with a key, whose updates and deletes are wanted, and tables without, of which only inserts
 * are. Publishing updates of a table without replica identity would make the producer's own UPDATE fail. Both exist
 * before the slot: a publication made later is unknown to the part of the log before it.
 */
export function publicationNames(capture: CaptureName): { readonly keyed: string; readonly keyless: string } {
  return { keyed: capture, keyless: `${capture.slice(0, 56)}_append` };
}

/**
 * Makes the publications hold exactly these tables. Each statement is its own transaction and may be cut: the next open
 * finds what is left to do. Errors: a loaded table is not published, so its changes until now were not in the log.
 */
export async function ensurePublications(
  source: Connection,
  capture: CaptureName,
  tables: readonly SourceTable[],
  isLoaded: readonly boolean[],
): Promise<void> {
  await checkTables(source, tables);
  const version = Number((await source.query(sql`show server_version_num`))[0]?.server_version_num);
  const generated = version >= 180000 ? sql`, publish_generated_columns = stored` : empty;
  const names = publicationNames(capture);
  const parts = [
    {
      publication: names.keyed,
      publish: 'insert, update, delete, truncate',
      has: (t: SourceTable) => t.key.length > 0,
    },
    { publication: names.keyless, publish: 'insert', has: (t: SourceTable) => t.key.length === 0 },
  ];
  for (const { publication, publish, has } of parts) {
    const wanted = tables.filter(has);
    const published = await publishedTables(source, publication);
    const lost = tables.find((t, i) => has(t) && isLoaded[i] === true && !published?.has(nameOf(t)));
    if (lost !== undefined) throw unpublished(lost, publication);
    if (published === null) {
      const tablesOf = wanted.length === 0 ? empty : sql` for table ${onlyThese(wanted)}`;
      await source.execute(
        sql`create publication ${name(publication)}${tablesOf} with (publish = ${literal(publish)}, publish_via_partition_root = true${generated})`,
      );
      continue;
    }
    const added = wanted.filter((t) => !published.has(nameOf(t)));
    const kept = new Set(wanted.map(nameOf));
    const removed = [...published.values()].filter((t) => !kept.has(nameOf(t)));
    if (added.length > 0)
      await source.execute(sql`alter publication ${name(publication)} add table ${onlyThese(added)}`);
    if (removed.length > 0)
      await source.execute(sql`alter publication ${name(publication)} drop table ${onlyThese(removed)}`);
  }
}

export async function dropPublications(source: Connection, capture: CaptureName): Promise<void> {
  const names = publicationNames(capture);
  await source.execute(sql`drop publication if exists ${name(names.keyed)}, ${name(names.keyless)}`);
}

type TableName = { readonly schema: string; readonly table: string };

const nameOf = (t: TableName) => `${t.schema}\u0000${t.table}`;

function onlyThese(tables: readonly TableName[]): Sql {
  return sql`${list(tables.map((t) => sql`only ${name(t.schema, t.table)}`))}`;
}

async function publishedTables(source: Connection, publication: string): Promise<Map<string, TableName> | null> {
  const rows = await source.query(sql`
    select n.nspname as schema, c.relname as table
    from pg_catalog.pg_publication p
    left join pg_catalog.pg_publication_rel r on r.prpubid = p.oid
    left join pg_catalog.pg_class c on c.oid = r.prrelid
    left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where p.pubname = ${value(publication)}`);
  if (rows.length === 0) return null;
  const tables = rows
    .filter((row) => row.table !== null)
    .map((r) => ({ schema: String(r.schema), table: String(r.table) }));
  return new Map(tables.map((t) => [nameOf(t), t]));
}

async function checkTables(source: Connection, tables: readonly SourceTable[]): Promise<void> {
  const rows = await source.query(sql`
    select n.nspname as schema, c.relname as table, c.relpersistence = 'p' as is_logged,
      c.relreplident in ('f', 'i') or c.relreplident = 'd' and exists (
        select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary) as has_identity
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname = any(${value(tables.map((t) => t.schema))}::text[])
      and c.relname = any(${value(tables.map((t) => t.table))}::text[])`);
  const found = new Map(rows.map((row) => [nameOf({ schema: String(row.schema), table: String(row.table) }), row]));
  for (const table of tables) {
    const row = found.get(nameOf(table));
    const at = `'${table.schema}.${table.table}'`;
    if (row === undefined)
      throw new EngineError(
        'missing',
        `Dataset '${table.address}' reads table ${at}, which the source does not have. Correct 'from' in the model, or create the table.`,
      );
    if (row.is_logged !== true)
      throw new EngineError(
        'statement',
        `Dataset '${table.address}' reads table ${at}, which is unlogged or temporary, so its changes are in no log. Read it with snapshot().`,
      );
    if (table.key.length > 0 && row.has_identity !== true)
      throw new EngineError(
        'statement',
        `Dataset '${table.address}' reads table ${at}, which has no replica identity: published, the producer's own updates would fail. ` +
          `Give it a primary key, or run: alter table "${table.schema}"."${table.table}" replica identity full`,
      );
  }
}

function unpublished(table: SourceTable, publication: string): EngineError {
  return new EngineError(
    'missing',
    `Table '${table.schema}.${table.table}' of dataset '${table.address}' is no longer in publication '${publication}', so its changes ` +
      'were not all in the log. Going on would lose them unseen: load the stream anew.',
  );
}
