import type { CaptureName, LoggedTable, SourceTable } from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import { render } from '../../../sql/render.ts';
import { empty, list, literal, name, type Sql, sql, value } from '../../../sql/sql.ts';
import { postgresDialect } from '../dialect.ts';
import type { TableNow } from './tables.ts';

/**
 * Two publications: tables with a key, whose updates and deletes are wanted, and tables without, of which only inserts
 * are. Publishing updates of a table without replica identity would make the producer's own UPDATE fail. Both exist
 * before the slot: a publication made later is unknown to the part of the log before it.
 */
export function publicationNames(capture: CaptureName): { readonly keyed: string; readonly keyless: string } {
  return { keyed: capture, keyless: `${capture.slice(0, 56)}_append` };
}

/**
 * What makes the publications hold exactly these tables; `isLost` are left as they are, since publishing them anew would hide
 * what they missed. Empty: nothing is to be done.
 */
export async function publicationChanges(
  source: Connection,
  capture: CaptureName,
  tables: readonly SourceTable[],
  isLost: (table: number) => boolean,
): Promise<readonly Sql[]> {
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
  const changes: Sql[] = [];
  for (const { publication, publish, has } of parts) {
    const wanted = tables.filter((t, i) => has(t) && !isLost(i));
    const published = await publishedTables(source, publication);
    const options = sql`(publish = ${literal(publish)}, publish_via_partition_root = true${generated})`;
    if (published === null) {
      const tablesOf = wanted.length === 0 ? empty : sql` for table ${onlyThese(wanted)}`;
      changes.push(sql`create publication ${name(publication)}${tablesOf} with ${options}`);
      continue;
    }
    if (published.isOfAll) continue;
    const isOneLost = tables.some((t, i) => has(t) && isLost(i));
    if (!isOneLost && (published.publish !== publish || !published.viaRoot))
      changes.push(sql`alter publication ${name(publication)} set ${options}`);
    const added = wanted.filter((t) => !published.tables.has(nameOf(t)));
    const narrowed = wanted.filter((t) => published.tables.get(nameOf(t))?.isNarrowed === true);
    const kept = new Set(tables.filter(has).map(nameOf));
    const removed = [...published.tables.values()].filter((t) => !kept.has(nameOf(t)));
    const gone = [...removed, ...narrowed];
    if (gone.length > 0) changes.push(sql`alter publication ${name(publication)} drop table ${onlyThese(gone)}`);
    if (added.length + narrowed.length > 0)
      changes.push(sql`alter publication ${name(publication)} add table ${onlyThese([...added, ...narrowed])}`);
  }
  return changes;
}

/**
 * Makes the changes, each in its own transaction: a cut leaves the rest to the next open. Errors: EngineError `denied` with
 * the statements, where the role or the server may not.
 */
export async function makePublications(source: Connection, changes: readonly Sql[], label: string): Promise<void> {
  for (const [i, change] of changes.entries()) {
    try {
      await source.execute(change);
    } catch (failure) {
      // insufficient_privilege; read_only_sql_transaction: a standby.
      if (!(failure instanceof EngineError && (failure.code === '42501' || failure.code === '25006'))) throw failure;
      throw new EngineError(
        'denied',
        `What is published of ${label} is not what the model reads, and we may not change it: ${failure.message}. ` +
          `On the primary, as the tables' owner:  ${changes.slice(i).map(statementText).join('  ')}`,
        { code: failure.code, cause: failure },
      );
    }
  }
}

/** As a person runs it. */
export function statementText(statement: Sql): string {
  return `${render(statement, postgresDialect).text};`;
}

/** Are both publications there? Log from before a publication was made cannot be read through it. */
export async function hasPublications(source: Connection, capture: CaptureName): Promise<boolean> {
  const names = publicationNames(capture);
  const [row] = await source.query(sql`
    select count(*)::int4 as n from pg_catalog.pg_publication where pubname in (${value(names.keyed)}, ${value(names.keyless)})`);
  return row?.n === 2;
}

export async function dropPublications(source: Connection, capture: CaptureName): Promise<void> {
  const { keyed, keyless } = publicationNames(capture);
  // Those that somebody else made for us are theirs.
  const own = await source.query(sql`
    select pubname as name from pg_catalog.pg_publication
    where pubname in (${value(keyed)}, ${value(keyless)}) and pg_has_role(pubowner, 'usage') and not pg_is_in_recovery()`);
  for (const publication of own)
    await source.execute(sql`drop publication if exists ${name(String(publication.name))}`);
}

type TableName = { readonly schema: string; readonly table: string };

const nameOf = (t: TableName) => `${t.schema}\u0000${t.table}`;

function onlyThese(tables: readonly TableName[]): Sql {
  return sql`${list(tables.map((t) => sql`only ${name(t.schema, t.table)}`))}`;
}

type Published = {
  readonly isOfAll: boolean;
  /** As `publish` is written. */
  readonly publish: string;
  readonly viaRoot: boolean;
  readonly tables: ReadonlyMap<string, TableName & { readonly isNarrowed: boolean }>;
};

/** Null where there is no such publication. */
async function publishedTables(source: Connection, publication: string): Promise<Published | null> {
  const rows = await source.query(sql`
    select p.puballtables as is_of_all, p.pubviaroot as via_root, concat_ws(', ', case when p.pubinsert then 'insert' end,
        case when p.pubupdate then 'update' end, case when p.pubdelete then 'delete' end,
        case when p.pubtruncate then 'truncate' end) as publish,
      n.nspname as schema, c.relname as table,
      coalesce(to_jsonb(r) ->> 'prqual', to_jsonb(r) ->> 'prattrs') is not null as is_narrowed
    from pg_catalog.pg_publication p
    left join pg_catalog.pg_publication_rel r on r.prpubid = p.oid
    left join pg_catalog.pg_class c on c.oid = r.prrelid
    left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where p.pubname = ${value(publication)}`);
  const [first] = rows;
  if (first === undefined) return null;
  const tables = rows
    .filter((row) => row.table !== null)
    .map((r) => ({ schema: String(r.schema), table: String(r.table), isNarrowed: r.is_narrowed === true }));
  return {
    isOfAll: first.is_of_all === true,
    publish: String(first.publish),
    viaRoot: first.via_root === true,
    tables: new Map(tables.map((t) => [nameOf(t), t])),
  };
}

/** Errors: a table that was never read cannot be followed. */
export function checkTables(tables: readonly LoggedTable[], now: readonly (TableNow | null)[]): void {
  for (const [i, table] of tables.entries()) {
    if (table.mark !== null) continue;
    const found = now[i] ?? null;
    const at = `'${table.schema}.${table.table}'`;
    if (found === null)
      throw new EngineError(
        'missing',
        `Dataset '${table.address}' reads table ${at}, which the source does not have. Correct 'from' in the model, or create the table.`,
      );
    if (!found.isLogged)
      throw new EngineError(
        'statement',
        `Dataset '${table.address}' reads table ${at}, which is unlogged or temporary, so its changes are in no log. Read it with snapshot().`,
      );
    if (table.key.length > 0 && !found.hasIdentity)
      throw new EngineError(
        'statement',
        `Dataset '${table.address}' reads table ${at}, which has no replica identity: published, the producer's own updates would fail. ` +
          `Give it a primary key, or run: alter table "${table.schema}"."${table.table}" replica identity full`,
      );
  }
}
