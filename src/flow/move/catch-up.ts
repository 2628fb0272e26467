import { randomBytes } from 'node:crypto';
import type { Connection } from '../../engine/connection.ts';
import { list, literal, name, type Sql, sql } from '../../sql/sql.ts';
import { applySettings } from '../bookkeeping.ts';
import { sharedTransport } from '../copy.ts';
import { sameKey } from '../key.ts';
import { asOfRows, copyMoved } from './copy.ts';
import { type MovePart, noteAsOf } from './record.ts';
import { between, type MovedDataset, type MovedRows } from './resting.ts';

/**
 * Brings what was copied of a dataset to what the old store has at `upTo`, in the caller's transaction. What came since says so by
 * its ordinals: current rows by `fh_from`, closed versions by `fh_to`. A row that was changed or deleted is here as a current
 * row still, and among the closed versions that came.
 *
 * `isLast`: nothing moves in the old store now. Then rows are counted: where there are more than in the old store, some were
 * deleted of which no version was kept, and all keys come over to find them.
 */
export async function catchUp(
  old: Connection,
  now: Connection,
  stream: string,
  { table, current, closed }: MovedDataset,
  parts: readonly MovePart[],
  upTo: bigint,
  isLast: boolean,
): Promise<void> {
  await applySettings(now, now.dialect.bulkSettings);
  const after = asOfRows(parts, current);
  if (closed !== null) {
    const ended = asOfRows(parts, closed);
    if (ended < upTo) await copyMoved(old, now, closed, between(closed, ended, upTo));
    await noteAsOf(now, stream, closed, upTo);
  }
  const { schema, key } = table;
  if (key.length === 0) {
    if (after < upTo) await copyMoved(old, now, current, between(current, after, upTo));
  } else {
    const rows = name(schema, table.current);
    if (after < upTo && closed !== null)
      await now.execute(sql`delete from ${rows} c using ${name(schema, table.history)} h
        where h.fh_to > ${literal(after)} and ${sameKey([...key, 'fh_from'], sql`h`, sql`c`)}`);
    if (after < upTo) await replaceChanged(old, now, current, key, rows, between(current, after, upTo));
    if (
      isLast &&
      (await countOf(old, current)) !==
        (await countOf(now, { ...current, from: [schema, table.current], where: sql`true` }))
    )
      await deleteGone(old, now, current, key, rows);
  }
  await noteAsOf(now, stream, current, upTo);
}

/** The ticks that came; the last one may have gone for one within the same millisecond. */
export async function catchUpClock(
  old: Connection,
  now: Connection,
  clock: MovedRows,
  parts: readonly MovePart[],
  upTo: bigint,
): Promise<void> {
  const after = asOfRows(parts, clock);
  if (after >= upTo) return;
  await now.execute(sql`delete from freehold.fh_clock where ${clock.where} and ordinal >= ${literal(after)}`);
  await copyMoved(old, now, clock, between(clock, after - 1n, upTo));
  await noteAsOf(now, clock.of, clock, upTo);
}

async function replaceChanged(
  old: Connection,
  now: Connection,
  current: MovedRows,
  key: readonly string[],
  rows: Sql | ReturnType<typeof name>,
  came: Sql,
): Promise<void> {
  const columns = list(current.columns.map((column) => name(column)));
  const changed = await emptyLike(now, current, current.columns);
  await copyMoved(old, now, { ...current, into: ['pg_temp', changed] }, came);
  await now.execute(sql`analyze ${name(changed)}`);
  await now.execute(sql`delete from ${rows} c using ${name(changed)} n where ${sameKey(key, sql`n`, sql`c`)}`);
  await now.execute(sql`insert into ${name(...current.into)} (${columns}) select ${columns} from ${name(changed)}`);
  await now.execute(sql`drop table ${name(changed)}`);
}

async function deleteGone(
  old: Connection,
  now: Connection,
  current: MovedRows,
  key: readonly string[],
  rows: Sql | ReturnType<typeof name>,
): Promise<void> {
  const there = await emptyLike(now, current, key);
  const keys = old.copyOut(
    sql`select ${list(key.map((column) => name(column)))} from ${name(...current.from)} where ${current.where}`,
    sharedTransport(old, now),
  );
  await now.copyIn(['pg_temp', there], key, keys, sharedTransport(old, now));
  await now.execute(sql`analyze ${name(there)}`);
  await now.execute(sql`delete from ${rows} c
    where not exists (select from ${name(there)} n where ${sameKey(key, sql`n`, sql`c`)})`);
  await now.execute(sql`drop table ${name(there)}`);
}

/** A temporary table with these columns; its name. */
async function emptyLike(now: Connection, { into }: MovedRows, columns: readonly string[]): Promise<string> {
  const named = `fh_moving_${randomBytes(6).toString('hex')}`;
  await now.execute(sql`create temporary table ${name(named)} as
    select ${list(columns.map((column) => name(column)))} from ${name(...into)} with no data`);
  return named;
}

async function countOf(c: Connection, { from, where }: Pick<MovedRows, 'from' | 'where'>): Promise<number> {
  const [row] = await c.query(sql`select count(*) as n from ${name(...from)} where ${where}`);
  return Number(row?.n);
}
