import { list, type Sql, sql, value } from '../../sql/sql.ts';
import { hashed, rangeColumns, type Side } from '../ranges/side.ts';
import { type Key, type Tally, tally } from '../ranges/tally.ts';

/** The rows of one key. */
export type Looked = {
  readonly tally: Tally;
  /** Hash of each of the side's columns, in their order, of one of the rows. */
  readonly columns: readonly string[];
  /** The last ordinal at which one of them became what it is; 0 where the side keeps none. */
  readonly since: bigint;
  /** Another for each version of the row; null where nothing tells them apart. */
  readonly version: string | null;
};

/** One statement each, and as many keys in memory. */
const keysAtOnce = 500;

/** Looks at the rows of these keys, by the key's index where there is one; a key without rows is not in the answer. */
export async function lookAt(side: Side, keys: readonly Key[]): Promise<ReadonlyMap<string, Looked>> {
  const found = new Map<string, Looked>();
  const isFound = (key: Key) => key.values.length > 0 && key.values.every((text) => text !== null);
  for (const [some, within] of [
    [keys.filter(isFound), equalTo],
    [keys.filter((key) => !isFound(key)), null],
  ] as const) {
    for (let from = 0; from < some.length; from += keysAtOnce) {
      const asked = some.slice(from, from + keysAtOnce);
      for (const [text, looked] of await look(side, asked, within === null ? null : within(side, asked)))
        found.set(text, looked);
    }
  }
  return found;
}

async function look(side: Side, keys: readonly Key[], condition: Sql | null): Promise<readonly [string, Looked][]> {
  const rows = await side.connection.query(sql`
    select h.fh_key as k, count(*) as n, sum(h.fh_hash) as s, min(h.fh_columns) as c, max(h.fh_since) as since,
      min(h.fh_version) as version
    from (${hashed(side, condition, { columns: true, versions: true })}) h
    where h.fh_key in (${list(keys.map((key) => value(key.text)))}) group by h.fh_key`);
  return rows.map((row) => [
    String(row.k),
    {
      tally: tally(row),
      columns: String(row.c).split(','),
      since: BigInt(String(row.since)),
      version: side.version === undefined ? null : String(row.version),
    },
  ]);
}

function equalTo(side: Side, keys: readonly Key[]): Sql {
  const columns = rangeColumns(side);
  const bounds = keys.map((key) => columns.map((column, i) => side.compared(column, sql`${value(key.values[i])}`)));
  const [first = []] = bounds;
  const tuples = bounds.map((each) => sql`(${list(each.map(({ bound }) => bound))})`);
  return sql`(${list(first.map(({ column }) => column))}) in (${list(tuples)})`;
}
