import { setTimeout as sleep } from 'node:timers/promises';
import { must } from '../../../base/must.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { StreamDataset, StreamNode } from '../../../plan/plan.ts';
import { name, sql, value } from '../../../sql/sql.ts';
import { integer } from '../../bookkeeping.ts';
import { ensureTables } from '../../tables.ts';
import type { Place } from '../../testing/capturing.ts';
import { dataset, run, tablesOf } from '../../testing/fixture.ts';
import { streamNode } from '../../testing/nodes.ts';
import { ordinalAt } from '../former.ts';
import { type HandedOver, handOver, type Planned } from '../hand-over.ts';

/** A datastore of two tables, as one stream and as two. */
export const whole = 'retail/sales/shop';
export const a = dataset('a', ['id'], { id: 'int32', v: 'text?' });
export const b = dataset('b', ['id'], { id: 'int32', v: 'text?' });
export const tables = `create table a (id int primary key, v text); create table b (id int primary key, v text);
  insert into a values (1, 'a0'); insert into b values (1, 'b0')`;

export const together = [streamNode([a, b], { stream: whole })];
export const apart = [a, b].map((one) => streamNode([one], { stream: one.address }));

export function planned(nodes: readonly StreamNode[], more: Partial<Planned> = {}): readonly Planned[] {
  return nodes.map(({ stream, datasets }) => ({
    stream,
    addresses: datasets.map(({ address }) => address),
    mode: 'cdc',
    place: 'postgres shop',
    source: 'one',
    ...more,
  }));
}

/** As an apply of a plan with these streams, where one with those ran. */
export async function apply(
  store: Place,
  nodes: readonly StreamNode[],
  before: readonly StreamNode[],
  more: Partial<Planned> = {},
): Promise<readonly HandedOver[]> {
  for (const node of nodes) await ensureTables(store.session, node.datasets);
  return handOver(
    store.session,
    planned(nodes, more),
    before.map(({ stream }) => stream),
  );
}

/** Each key's values in their order, without ordinals. */
export async function valuesOf(c: Connection, one: StreamDataset) {
  const { current, history } = await tablesOf(c, { ...one, keepsDelta: false });
  const versions = [...history, ...current.map((line) => `${line}|z`)].map((line) => line.split('|'));
  return versions
    .toSorted((x, y) => Number(x[0]) - Number(y[0]) || Number(x[2]) - Number(y[2]))
    .map(([id, v, , to]) => `${id} ${v}${to === 'z' ? '' : ' ended'}`);
}

export async function asOf(c: Connection, one: StreamDataset, instant: string): Promise<readonly string[]> {
  const [row] = await c.query(sql`${ordinalAt(one.address, sql`cast(${value(instant)} as timestamptz)`)} as ordinal`);
  const ordinal = integer(BigInt(String(must(row, 'row').ordinal)));
  const rows = await c.query(sql`select id, v from (
      select id, v, fh_from, 9223372036854775807 as fh_to from ${name(one.schema, one.current)}
      union all select id, v, fh_from, fh_to from ${name(one.schema, one.history)}) x
    where fh_from <= ${ordinal} and fh_to > ${ordinal} order by id`);
  return rows.map(({ id, v }) => `${String(id)} ${String(v)}`);
}

/** Runs a transaction at the source; an instant after it, before the next. */
export async function commit(source: Place, statement: string): Promise<string> {
  await run(source.session, `begin; ${statement}; commit`);
  await sleep(5);
  const [row] = await source.session.query(
    sql`select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
  );
  await sleep(5);
  return String(row?.at);
}
