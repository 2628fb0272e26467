import type { Connection } from '../../src/engine/connection.ts';
import type { StreamDataset } from '../../src/plan/plan.ts';
import { list, name, sql } from '../../src/sql/sql.ts';

/** Rows and versions as lines of canonical text, in one order. */
export async function linesOf(c: Connection, dataset: StreamDataset) {
  const read = async (table: string, validity: readonly string[]) => {
    const columns = dataset.columns.map(
      (column, i) => sql`${c.types.canonicalText(column.type, sql`${name(column.name)}`)} as ${name(`c${i}`)}`,
    );
    const rows = await c.query(
      sql`select ${list([...columns, ...validity.map((v) => name(v))])} from ${name(dataset.schema, table)}`,
    );
    return rows
      .map((row) =>
        [...dataset.columns.map((_, i) => row[`c${i}`] ?? '~'), ...validity.map((v) => row[v])].map(String).join('|'),
      )
      .sort();
  };
  return {
    current: await read(dataset.current, ['fh_from']),
    history: await read(dataset.history, ['fh_from', 'fh_to']),
  };
}
