import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { list, name, sql, value, words } from '../../sql/sql.ts';
import { bigintOrNull, deltaRanges } from '../bookkeeping.ts';
import { forgetHeld } from '../capture/held/records.ts';
import { forgetLoading } from '../capture/load-record.ts';
import { briefly } from '../locks.ts';
import { isTable } from '../tables.ts';
import { versionsName, viewsIn } from '../versions.ts';

/**
 * Takes away what an earlier life of a stream has left in a store that it comes to: its tables, and all that is noted of it and of these
 * datasets. One transaction. Twice: nothing is left. A clock that other datasets' versions are still told by stays, under another
 * name. Errors: EngineError where others have built on the tables.
 */
export async function clearStream(c: Connection, stream: string, datasets: readonly StreamDataset[]): Promise<void> {
  const addresses = datasets.map(({ address }) => address);
  const schemas = [...new Set(datasets.map(({ schema }) => schema))];
  await briefly(c, [...schemas, 'freehold'], async () => {
    await keepClock(c, stream, addresses);
    for (const dataset of datasets) {
      const placed = await placedAs(c, dataset);
      // Nothing is ever dropped that we did not make.
      for (const [kind, schema, named] of placed === null ? [] : await tablesOf(c, { ...dataset, address: placed }))
        await c.execute(sql`drop ${words(kind)} if exists ${name(schema, named)}`);
      for (const address of new Set([dataset.address, placed ?? dataset.address])) {
        await forgetHeld(c, address);
        await forgetLoading(c, [address]);
        await forget(c, 'address', address);
      }
    }
    await forget(c, 'stream', stream);
  });
}

/** Which dataset a table is noted to be of: one that had another address then, perhaps. Null: nobody made it here. */
export async function placedAs(
  c: Connection,
  { schema, current }: Pick<StreamDataset, 'schema' | 'current'>,
): Promise<string | null> {
  const [row] = await c.query(sql`select address from freehold.fh_place
    where table_schema = ${value(schema)} and table_name = ${value(current)}`);
  return row === undefined ? null : String(row.address);
}

/** A table or a view, with its schema and name. */
export type LeftTable = readonly [kind: 'table' | 'view', schema: string, named: string];

/** What a dataset rests in, views before the tables that they are of. */
export async function tablesOf(c: Connection, dataset: StreamDataset): Promise<readonly LeftTable[]> {
  const { address, schema, current, history, delta } = dataset;
  const ranges = (await deltaRanges(c, address)).map(({ table }) => table);
  const names = [...viewsIn(c, dataset), versionsName(c, dataset), current, history, ...ranges, delta];
  const rows = await c.query(sql`select table_name, table_type from information_schema.tables
    where table_schema = ${value(schema)} and table_name in (${list(names.map((one) => value(one)))})`);
  const found = rows.map(
    (row): LeftTable => [row.table_type === 'VIEW' ? 'view' : 'table', schema, String(row.table_name)],
  );
  const kept = await c.query(sql`select table_schema, table_name from freehold.fh_quarantine
    where address = ${value(address)}`);
  const quarantine: LeftTable[] = [];
  for (const row of kept) {
    const at = [String(row.table_schema), String(row.table_name)] as const;
    if (await isTable(c, ...at)) quarantine.push(['table', ...at]);
  }
  return [...found.filter(([kind]) => kind === 'view'), ...found.filter(([kind]) => kind === 'table'), ...quarantine];
}

async function forget(c: Connection, column: 'address' | 'stream', of: string): Promise<void> {
  const rows = await c.query(sql`select c.table_name from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = 'freehold' and c.column_name = ${value(column)} and t.table_type = 'BASE TABLE'
    order by c.table_name`);
  for (const row of rows)
    await c.execute(sql`delete from ${name('freehold', String(row.table_name))} where ${name(column)} = ${value(of)}`);
}

async function keepClock(c: Connection, stream: string, addresses: readonly string[]): Promise<void> {
  const [other] = await c.query(sql`select max(until_ordinal) as until from freehold.fh_former
    where stream = ${value(stream)} and address not in (${list(addresses.map((address) => value(address)))})`);
  const until = bigintOrNull(other?.until);
  if (until === null) return;
  const named = `${stream} until ${until}`;
  for (const table of ['fh_clock', 'fh_former'] as const)
    await c.execute(
      sql`update ${name('freehold', table)} set stream = ${value(named)} where stream = ${value(stream)}`,
    );
}
