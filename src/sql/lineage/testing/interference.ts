import type { Connection } from '../../../engine/connection.ts';
import { diceOf } from '../../../review/testing/random-model.ts';
import { list, literal, name, sql, words } from '../../sql.ts';
import { lineageOf } from '../lineage.ts';
import type { SqlDialect } from '../own/words.ts';
import { inputs, parse } from './told.ts';

export type Interference = { readonly followed: number; readonly holes: readonly string[] };

/**
 * Does a column of a result change when an input column changes that it is not told to come from? The engine's own answer,
 * which needs to know nothing of SQL. Queries that the engine refuses, or that nobody follows, say nothing.
 */
export async function interferenceIn(
  connection: Connection,
  dialect: SqlDialect,
  queries: readonly string[],
  seed: number,
): Promise<Interference> {
  const dice = diceOf(seed);
  const holes: string[] = [];
  let followed = 0;
  const drawn = () => Array.from({ length: 4 }, () => dice.one(['a', 'b', 'ab', 'ba', null]));
  for (const query of queries) {
    const { of, opaque } = lineageOf(parse(query), inputs, dialect);
    if (opaque !== null) continue;
    const data = new Map([...inputs].flatMap(([input, columns]) => columns.map((one) => [`${input}.${one}`, drawn()])));
    const before = await resultOver(connection, data, query);
    if (before === null) continue;
    followed++;
    for (const source of data.keys()) {
      const free = [...before.keys()].filter((column) => !of(column).has(source));
      if (free.length === 0) continue;
      for (let round = 0; round < 6; round++) {
        const after = await resultOver(connection, new Map([...data, [source, drawn()]]), query);
        const changed = free.filter((column) => after !== null && after.get(column) !== before.get(column));
        if (changed.length === 0) continue;
        holes.push(`${changed.join()} of  ${query}  changes with ${source}`);
        break;
      }
    }
  }
  return { followed, holes };
}

/** The values of each column, in no order; null: the engine refuses. */
async function resultOver(
  connection: Connection,
  data: ReadonlyMap<string, readonly (string | null)[]>,
  query: string,
): Promise<ReadonlyMap<string, string> | null> {
  for (const [input, columns] of inputs) {
    const rows = [0, 1, 2, 3].map((at) => {
      const values = columns.map((one) => data.get(`${input}.${one}`)?.[at] ?? null);
      return sql`(${list(values.map((value) => (value === null ? sql`cast(null as text)` : sql`cast(${literal(value)} as text)`)))})`;
    });
    await connection.execute(
      sql`create or replace temp view ${name(input)}(${list(columns.map((one) => name(one)))}) as values ${list(rows)}`,
    );
  }
  try {
    const rows = await connection.query(sql`${words(query)}`);
    const columns = Object.keys(rows[0] ?? {});
    const texts = columns.map((column): [string, string] => [
      column,
      rows
        .map((row) => JSON.stringify(row[column]))
        .sort()
        .join(),
    ]);
    return new Map(texts);
  } catch {
    return null;
  }
}
