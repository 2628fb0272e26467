import { must } from '../../base/must.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { literal, name, type Sql, sql, words } from '../../sql/sql.ts';
import { versionTables } from '../physical.ts';
import { typesOf } from '../reshape/columns-there.ts';
import { ensureTables, isTable, type KeptTable } from '../tables.ts';
import { isInOne, restingTable, versionsName } from '../versions.ts';
import type { What } from './record.ts';

/** Rows of a kind in the old store, and where they go in the new one. */
export type MovedRows = {
  /** A dataset's address, or a stream. */
  readonly of: string;
  readonly what: What;
  readonly from: readonly [string, string];
  /** Which rows of that table. */
  readonly where: Sql;
  readonly columns: readonly string[];
  readonly into: readonly [string, string];
  /** The ordinal at which a row came to be one of them. */
  readonly since: string;
};

/** A dataset whose rows move: its tables in the new store, as they are kept there. */
export type MovedDataset = {
  readonly table: KeptTable;
  readonly current: MovedRows;
  /** Null: the old store keeps none. */
  readonly closed: MovedRows | null;
};

/**
 * Makes the tables of datasets in the new store as the old one has them, with columns that no plan has any more, which versions
 * still have values in. Idempotent. Errors: EngineError where a change of a column's type was begun in the old store and not ended.
 */
export async function makeAlike(
  old: Connection,
  now: Connection,
  datasets: readonly StreamDataset[],
): Promise<readonly MovedDataset[]> {
  const there: { readonly hasClosed: boolean; readonly fromOne: string | null }[] = [];
  const wanted: StreamDataset[] = [];
  for (const dataset of datasets) {
    const hasClosed = await isTable(old, dataset.schema, dataset.history);
    const fromOne = (await isInOne(old, dataset)) ? versionsName(old, dataset) : null;
    there.push({ hasClosed, fromOne });
    // Versions that nobody asks for any more are kept until their time has come, whatever the plan's layout is.
    const layout = fromOne !== null ? 'history' : hasClosed || dataset.layout !== 'live' ? 'split' : 'live';
    wanted.push({ ...dataset, layout });
  }
  const moved: MovedDataset[] = [];
  for (const [i, table] of (await ensureTables(now, wanted)).entries()) {
    const dataset = must(datasets[i], 'dataset');
    const { hasClosed, fromOne } = must(there[i], dataset.address);
    const { schema, current, history } = dataset;
    const resting = restingTable(table)[1];
    const rows = (what: 'current' | 'closed', columns: readonly string[]): MovedRows => ({
      of: dataset.address,
      what,
      from: [schema, fromOne ?? (what === 'current' ? current : history)],
      where: fromOne === null ? sql`true` : sql`fh_to is ${what === 'current' ? sql`null` : sql`not null`}`,
      columns,
      into: [schema, what === 'current' ? resting : (table.versions ?? history)],
      since: what === 'current' ? 'fh_from' : 'fh_to',
    });
    const all = await alike(old, now, dataset, [schema, fromOne ?? current], [schema, resting]);
    const ofCurrent = all.filter((column) => column !== 'fh_to');
    const ofClosed = !hasClosed
      ? null
      : fromOne === null
        ? await alike(old, now, dataset, [schema, history], [schema, table.versions ?? history])
        : all;
    moved.push({
      table,
      current: rows('current', ofCurrent),
      closed: ofClosed === null ? null : rows('closed', ofClosed),
    });
  }
  return moved;
}

/** The ticks of a stream. */
export function clockOf(stream: string): MovedRows {
  return {
    of: stream,
    what: 'clock',
    from: ['freehold', 'fh_clock'],
    where: sql`stream = ${literal(stream)}`,
    columns: ['stream', 'ordinal', 'at'],
    into: ['freehold', 'fh_clock'],
    since: 'ordinal',
  };
}

/** Takes the indexes of versions away, so that rows come fast: the table is empty. */
export async function dropIndexes(now: Connection, { table }: MovedDataset): Promise<void> {
  for (const one of versionTables(now, table))
    for (const row of await now.query(now.dialect.indexNames(table.schema, one.name)))
      await now.execute(sql`drop index if exists ${name(table.schema, String(row.name))}`);
}

/** Gives a table the columns that it lacks of another; their names. */
async function alike(
  old: Connection,
  now: Connection,
  { address }: StreamDataset,
  from: readonly [string, string],
  into: readonly [string, string],
): Promise<readonly string[]> {
  const there = await typesOf(old, ...from);
  const here = await typesOf(now, ...into);
  for (const [column, type] of there) {
    const is = here.get(column);
    if (is === undefined && !column.startsWith('fh_'))
      await now.execute(sql`alter table ${name(...into)} add column ${name(column)} ${words(type)}`);
    if (is !== undefined && is !== type) throw otherType(address, column, type, is);
  }
  return [...there.keys()].filter((column) => here.has(column) || !column.startsWith('fh_'));
}

function otherType(address: string, column: string, there: string, here: string): EngineError {
  return new EngineError(
    'statement',
    `column '${column}' of dataset '${address}' is ${there} in the store that it moves from, and ${here} as the plan that runs has it: ` +
      'a change of its type was begun and not ended. Nothing was moved. Apply the model with the store of before first, then with the new one.',
  );
}

/** Is a row one of those that came after an ordinal, up to another? */
export function between(rows: MovedRows, after: bigint, upTo: bigint): Sql {
  return sql`${name(rows.since)} > ${literal(after)} and ${name(rows.since)} <= ${literal(upTo)}`;
}
