import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Connection } from '../../../engine/connection.ts';
import { connect } from '../../../engines/duckdb/connection.ts';
import type { ReplicaDataset } from '../../../plan/plan.ts';
import { list, name, type Sql, sql } from '../../../sql/sql.ts';
import { dataset } from '../../testing/fixture.ts';

export const types = { id: 'int32', label: 'text?', amount: 'decimal?', ratio: 'float64?', body: 'json?' };
/** What is copied: all of it, its current rows alone, or some of its columns. */
export const items = dataset('items', ['id'], types);
export const whole: ReplicaDataset = { ...items, store: items };
export const live: ReplicaDataset = { ...whole, layout: 'live' };
export const part: ReplicaDataset = {
  ...items,
  columns: items.columns.filter((column) => ['id', 'label', 'body'].includes(column.name)),
  store: { ...items, isPart: true },
};

/** Current rows, closed versions where there are such; as canonical text, which is equal on every engine. */
export async function versionsIn(c: Connection, of: ReplicaDataset): Promise<readonly string[]> {
  const texts = of.columns.map(
    (column) => sql`coalesce(${c.types.canonicalText(column.type, sql`${name(column.name)}`)}, '~')`,
  );
  const linesOf = async (table: string, header: Sql) =>
    (await c.query(sql`select concat_ws('|', ${list(texts)}, ${header}) as line from ${name(of.schema, table)}`)).map(
      (row) => String(row.line),
    );
  const closed = of.layout === 'live' ? [] : await linesOf(of.history, sql`fh_from, fh_to`);
  // What a live replica's rows are from is nowhere seen.
  return [...(await linesOf(of.current, of.layout === 'live' ? sql`''` : sql`fh_from`)), ...closed].sort();
}

/** A DuckDB file of its own, gone with the test. */
export async function freshDuck(): Promise<Connection> {
  const room = await mkdtemp(join(tmpdir(), 'freehold-flow-'));
  onTestFinished(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));
  const file = join(room, 'replica.duckdb');
  return connect({ engine: 'duckdb', label: 'duckdb replica', fields: { file, memory_limit: '500MB', threads: 2 } });
}
