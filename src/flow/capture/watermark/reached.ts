import type { Connection } from '../../../engine/connection.ts';
import type { Finding } from '../../../findings/finding.ts';
import type { StreamDataset, TableColumn } from '../../../plan/plan.ts';
import { list, literal, name, type Sql, sql } from '../../../sql/sql.ts';
import { keyText, shown } from '../unclear-key.ts';
import { inFuture } from './findings.ts';
import { latestBelievable, sortable, toleranceMs } from './mark.ts';

/**
 * The greatest watermark of rows that can be believed: were a mark taken from a clock that runs ahead, all that is
 * written until our clock has come there would be passed over. A row beyond is told of, and read each time until then.
 */
export async function markOf(
  c: Connection,
  dataset: StreamDataset,
  by: TableColumn,
  rows: Sql,
  atMs: number,
): Promise<{ readonly mark: string | null; readonly findings: readonly Finding[] }> {
  const column = sql`r.${name(by.name)}`;
  const [found] = await c.query(sql`select ${c.types.toTransport(by.type, sql`m.believed`)} as believed,
      ${c.types.toTransport(by.type, sql`m.greatest`)} as greatest
    from (select max(case when ${isBelievable(c, by, column, atMs)} then ${column} end) as believed, max(${column}) as greatest
      from ${rows} r) m`);
  const mark = typeof found?.believed === 'string' ? found.believed : null;
  const limit = latestBelievable(atMs + toleranceMs(by.type), by.type);
  if (limit === null || typeof found?.greatest !== 'string' || sortable(found.greatest) <= limit)
    return { mark, findings: [] };
  const keys = dataset.key.map((key, i) => sql`${keyText(c, dataset, key)} as ${name(`k${i}`)}`);
  const [ahead] = await c.query(sql`select ${list([...keys, sql`${c.types.toTransport(by.type, column)} as at`])}
    from ${rows} r where ${column} = ${c.types.fromTransport(by.type, sql`${literal(found.greatest)}`)} limit 1`);
  const where = dataset.key.length === 0 || ahead === undefined ? null : shown(dataset, ahead);
  return { mark, findings: [inFuture(dataset, by, found.greatest, where)] };
}

function isBelievable(c: Connection, by: TableColumn, column: Sql, atMs: number): Sql {
  const latest = latestBelievable(atMs, by.type);
  if (latest !== null) return sql`${column} <= ${c.types.fromTransport(by.type, sql`${literal(latest)}`)}`;
  // Above every number; a mark of it would let nothing more be seen.
  return by.type.kind === 'decimal'
    ? sql`${c.types.canonicalText(by.type, column)} not in ('NaN', 'Infinity')`
    : sql`true`;
}
