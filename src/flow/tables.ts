import { type Connection, EngineError } from '../engine/connection.ts';
import type { PlannedCheck, Table } from '../plan/plan.ts';
import { empty, list, name, sql, value, words } from '../sql/sql.ts';
import { fillAbsent } from './absent.ts';
import { deltaRanges, integer } from './bookkeeping.ts';
import { ensureBookkeeping } from './checkpoint.ts';
import { briefly } from './locks.ts';
import {
  deltaTable,
  type KnownColumns,
  knownColumns,
  limited,
  type Physical,
  place,
  spelledTypes,
  versionTables,
} from './physical.ts';
import { notePlace } from './places.ts';
import { withQuarantine } from './quality/quarantine.ts';
import { ensureResults } from './quality/results.ts';
import { noteUnread } from './unread.ts';
import { buildOpenIndex, emptyOpen, hasOpenIndex, showVersions, versionsName } from './versions.ts';

export type KeptTable = Table & {
  readonly keepsDelta: boolean;
  /** Its rows are of several positions of the log, which is followed until they are of one. */
  readonly isConverging?: boolean;
  /** What must hold of its rows; of a store's tables alone. */
  readonly checks?: readonly PlannedCheck[];
  /** The table beside it of changes that wait: `quality/quarantine.ts`. As `ensureTables` finds it. */
  readonly quarantine?: string;
};

/** A table as it is kept, with where its changes may wait. */
export type Ensured<T> = T & Pick<KeptTable, 'quarantine'>;

/**
 * Makes the tables of datasets as they should be. Idempotent and only ever additive: a new column is added, nullable, to
 * tables that have rows; a column whose type changed is refused by an EngineError that names it, or left to `reshape`;
 * nothing is dropped, and a delta that nothing reads any more is emptied.
 * Current tables have no key until `buildKey`, so that the first load is fast. One transaction: all of it or nothing; but for values
 * that rows in one table of versions get of a column that joins, which take long.
 *
 * The answer is the tables as they are kept: versions that nobody asks for any more are written for `graceDays` on.
 */
export async function ensureTables<T extends KeptTable>(
  c: Connection,
  tables: readonly T[],
  retyped: 'refused' | 'left' = 'refused',
): Promise<readonly Ensured<T>[]> {
  if (tables.length === 0) return [];
  await ensureBookkeeping(c);
  const schemas = [...new Set(tables.map((table) => table.schema))];
  const ensured = await briefly(c, schemas, () => ensure(c, tables, retyped));
  for (const table of ensured) await fillAbsent(c, table);
  return ensured;
}

/**
 * The key of a current table, where the engine keeps keys, unless it is there: once the first rows are loaded. `before` is
 * done where it was not there.
 */
export async function buildKey(c: Connection, table: Table, before?: () => Promise<void>): Promise<void> {
  if (table.key.length === 0) return;
  if (typeof table.versions === 'string') {
    if (await hasOpenIndex(c, table.schema, table.versions)) return;
    await before?.();
    return buildOpenIndex(c, table, table.versions);
  }
  if (c.dialect.indexes && (await keyOf(c, table)) !== null) return;
  await before?.();
  if (!c.dialect.indexes) return;
  await c.execute(
    sql`alter table ${name(table.schema, table.current)} add primary key (${list(table.key.map((key) => name(key)))})`,
  );
}

/** Empties a current table and takes its key away: before its first rows, where a load was cut. */
export async function emptyCurrent(c: Connection, table: Table): Promise<void> {
  if (typeof table.versions === 'string') return emptyOpen(c, table, table.versions);
  const current = name(table.schema, table.current);
  await c.execute(sql`truncate ${current}`);
  const key = await keyOf(c, table);
  if (key !== null) await c.execute(sql`alter table ${current} drop constraint ${name(key)}`);
}

/** The name of a current table's key; null: it has none. */
export async function keyOf(c: Connection, table: Pick<Table, 'schema' | 'current'>): Promise<string | null> {
  const [known] = await c.query(sql`select constraint_name from information_schema.table_constraints
    where table_schema = ${value(table.schema)} and table_name = ${value(table.current)}
      and constraint_type = 'PRIMARY KEY'`);
  return known === undefined ? null : String(known.constraint_name);
}

async function ensure<T extends KeptTable>(
  c: Connection,
  asked: readonly T[],
  retyped: 'refused' | 'left',
): Promise<readonly Ensured<T>[]> {
  const schemas = [...new Set(asked.map((table) => table.schema))];
  for (const schema of schemas) await c.execute(sql`create schema if not exists ${name(schema)}`);
  const known = await knownColumns(c, schemas);
  const tables: T[] = [];
  for (const table of asked) {
    await notePlace(c, table);
    await noteAsked(c, table);
    tables.push(asRests(c, await asKept(c, table, known), known));
  }
  const wanted: Physical[] = [];
  for (const table of tables) wanted.push(...versionTables(c, table), ...(await deltaTables(c, table)));
  const spelled = wanted.some((one) => known.has(place(one)))
    ? await spelledTypes(c, wanted)
    : new Map<string, string>();
  for (const one of wanted) {
    const columns = known.get(place(one));
    if (columns === undefined) await create(c, one);
    else await extend(c, one, columns, retyped === 'left' ? null : spelled);
    if (one.name === one.table.versions) await showVersions(c, one.table, one.name);
  }
  for (const table of tables) await noteBeginnings(c, table, known);
  return withQuality(c, tables);
}

/** In one table where that is there, or nothing is yet; an apply changes one into the other (`reshape/layout.ts`). */
function asRests<T extends KeptTable>(c: Connection, table: T, known: KnownColumns): T {
  const versions = versionsName(c, table);
  const isThere = (named: string) => known.has(place({ table, name: named }));
  const isNew =
    !isThere(table.current) && !isThere(table.history) && table.layout === 'history' && table.key.length > 0;
  const isInOne = isThere(versions) || (isNew && c.dialect.updatableViews);
  const layout = table.layout === 'live' ? 'live' : isInOne ? 'history' : 'split';
  return { ...table, layout, versions: isInOne ? versions : null };
}

async function withQuality<T extends KeptTable>(c: Connection, tables: readonly T[]): Promise<readonly Ensured<T>[]> {
  const kept: Ensured<T>[] = [];
  for (const table of tables) {
    await ensureResults(c, table.address, table.checks ?? []);
    kept.push(await withQuarantine(c, table));
  }
  return kept;
}

/** Versions are still kept so long after the last consumer asked for them, or for so long. */
export const graceDays = 30;

/** Remembers since when nobody asks for what was asked before. */
async function noteAsked(c: Connection, table: KeptTable): Promise<void> {
  const mine = sql`address = ${value(table.address)} and until is null`;
  const asks = table.layout !== 'live';
  const ms = table.retentionMs === undefined ? sql`cast(null as bigint)` : integer(BigInt(table.retentionMs));
  const other = asks ? sql`and retention_ms is distinct from ${ms}` : empty;
  await c.execute(sql`update freehold.fh_retention set until = now() + ${words(`interval '${graceDays} days'`)}
    where ${mine} ${other}`);
  if (!asks) return;
  await c.execute(sql`insert into freehold.fh_retention (address, retention_ms, until)
    select ${value(table.address)}, ${ms}, null
    where not exists (select 1 from freehold.fh_retention where ${mine})`);
}

/** Nobody asks for versions, and some are here: they are written on until the grace is over. */
async function asKept<T extends KeptTable>(c: Connection, table: T, known: KnownColumns): Promise<T> {
  if (table.layout !== 'live' || !known.has(place({ table, name: table.history }))) return table;
  const mine = sql`address = ${value(table.address)}`;
  const [row] = await c.query(sql`select count(*) as asked from freehold.fh_retention
    where ${mine} and (until is null or until > now())`);
  if (Number(row?.asked) > 0) return { ...table, layout: 'split' };
  await c.execute(sql`delete from freehold.fh_retention where ${mine}`);
  await c.execute(sql`update freehold.fh_dataset set has_ended = true, complete_from = ${ordinalNow}
    where ${mine} and has_ended is not true`);
  return table;
}

/** The tables of a dataset's delta: those that are there, or its first; none where it keeps none, and they are emptied. */
async function deltaTables(c: Connection, table: KeptTable): Promise<readonly Physical[]> {
  const ranges = await deltaRanges(c, table.address);
  const mine = sql`address = ${value(table.address)}`;
  if (!table.keepsDelta) {
    // A process that does not know yet may still append.
    for (const range of ranges.filter(({ rows }) => rows > 0))
      await c.execute(sql`truncate ${name(table.schema, range.table)}`);
    if (ranges.length > 0) await c.execute(sql`update freehold.fh_delta_range set rows = 0 where ${mine}`);
    return [];
  }
  if (ranges.length > 0) return ranges.map((range) => deltaTable(c, table, range.table));
  await c.execute(sql`insert into freehold.fh_delta_range (address, n, "table", after_ordinal, rows)
    values (${value(table.address)}, 1, ${value(table.delta)}, 0, 0)`);
  return [deltaTable(c, table, table.delta)];
}

/** One more table of a dataset's delta, in the caller's transaction; its name. */
export async function createDeltaTable(c: Connection, table: Table, n: number): Promise<string> {
  const named = limited(`${table.delta}__${n}`, c.dialect.identifierLimit);
  await create(c, deltaTable(c, table, named));
  return named;
}

async function create(c: Connection, one: Physical): Promise<void> {
  // Said now, since a key that is built over what may be null reads the whole table once more.
  const isKey = (column: string) => isCurrentIn(one) && one.table.key.includes(column);
  const columns = one.columns.map(
    (column) => sql`${name(column.name)} ${column.type}${isKey(column.name) ? sql` not null` : empty}`,
  );
  // The header comes last: bigint after the row's own columns, so that these keep the source's order.
  await c.execute(sql`create table ${name(one.table.schema, one.name)} (
  ${list([...columns, ...one.header], ',\n  ')}) ${one.options}`);
  await buildIndexes(c, one);
}

/** The indexes of a table but for its key. */
export async function buildIndexes(c: Connection, one: Physical): Promise<void> {
  const called = (word: string) => name(limited(`${one.name}__${word}`, c.dialect.identifierLimit));
  const at = name(one.table.schema, one.name);
  if (one.index.length > 0)
    await c.execute(sql`create index ${called('by')} on ${at} (${list(one.index.map((column) => name(column)))})`);
  if (one.growing !== null && c.dialect.growingIndex !== null)
    await c.execute(
      sql`create index ${called('ended')} on ${at} using ${words(c.dialect.growingIndex)} (${name(one.growing)})`,
    );
}

/** `spelled`: types as they should be; null: another type is left as it is. */
async function extend(
  c: Connection,
  one: Physical,
  known: ReadonlyMap<string, string>,
  spelled: ReadonlyMap<string, string> | null,
): Promise<void> {
  for (const column of one.columns) {
    const is = known.get(column.name);
    if (is === undefined) await addColumn(c, one, column);
    else if (spelled !== null && is !== spelled.get(column.text)) throw otherType(one, column, is);
  }
}

/**
 * Adds a column, which touches no row. Rows that are there have null; current ones the column's default, where it has one:
 * closed versions never had it. Of a dataset that is loaded, its values are still to be read (`unread.ts`).
 */
async function addColumn(c: Connection, one: Physical, column: Physical['columns'][number]): Promise<void> {
  const at = name(one.table.schema, one.name);
  const isCurrent = isCurrentIn(one);
  const absent = one.name === one.table.current && column.absent !== null ? column.absent : null;
  await c.execute(
    sql`alter table ${at} add column ${name(column.name)} ${column.type} ${absent === null ? empty : sql`default ${absent}`}`,
  );
  if (absent !== null) await c.execute(sql`alter table ${at} alter column ${name(column.name)} drop default`);
  // In one table closed versions would have a default as well.
  const isFilled = column.absent === null || one.name === one.table.current;
  if (isCurrent) await noteUnread(c, one.table.address, column.name, isFilled);
}

function isCurrentIn({ name: named, table }: Physical): boolean {
  return named === table.current || named === table.versions;
}

function otherType(one: Physical, column: Physical['columns'][number], is: string): EngineError {
  return new EngineError(
    'statement',
    `column '${column.name}' of '${one.table.address}' is ${is} in table "${one.table.schema}"."${one.name}" and the plan ` +
      `that runs here says ${column.text}. Stored rows change their type by an apply:  freehold apply.  Where one was done, ` +
      'this process runs an older plan: start it again.',
  );
}

/**
 * Where a table begins only now although the stream already has rows here, note from when on it is complete: history
 * from the ordinal at which the layout became another than `live`, delta likewise; a delta that is no longer kept is worth nothing.
 */
async function noteBeginnings(c: Connection, table: KeptTable, known: KnownColumns): Promise<void> {
  const mine = sql`address = ${value(table.address)}`;
  const begins = (physical: string) => !known.has(place({ table, name: physical }));
  if (table.layout !== 'live' && begins(table.history) && !begins(table.current)) {
    await c.execute(sql`update freehold.fh_dataset set complete_from = ${ordinalNow} where ${mine}`);
  } else if (table.layout !== 'live') {
    const [ended] = await c.query(sql`select address from freehold.fh_dataset where ${mine} and has_ended is true`);
    const emptied = typeof table.versions === 'string' ? sql`delete from` : sql`truncate`;
    if (ended !== undefined) await c.execute(sql`${emptied} ${name(table.schema, table.history)}`);
    await c.execute(sql`update freehold.fh_dataset set has_ended = false, complete_from = ${ordinalNow}
      where ${mine} and has_ended is true`);
  }
  if (table.keepsDelta) {
    await c.execute(
      sql`update freehold.fh_dataset set delta_from = ${ordinalNow} where ${mine} and delta_from is null`,
    );
  } else {
    await c.execute(sql`update freehold.fh_dataset set delta_from = null where ${mine} and delta_from is not null`);
  }
}

const ordinalNow = sql`(select k.ordinal from freehold.fh_checkpoint k where k.stream = freehold.fh_dataset.stream)`;

export async function isTable(c: Connection, schema: string, table: string): Promise<boolean> {
  const rows = await c.query(sql`select table_name from information_schema.tables
    where table_schema = ${value(schema)} and table_name = ${value(table)}`);
  return rows.length > 0;
}
