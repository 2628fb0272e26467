import type { Capture } from '../../../engine/capture.ts';
import type { Connection, Row } from '../../../engine/connection.ts';
import type { Finding } from '../../../findings/finding.ts';
import type { TableColumn, Watermark } from '../../../plan/plan.ts';
import { list, literal, name, sql } from '../../../sql/sql.ts';
import { applySettings } from '../../bookkeeping.ts';
import { sameKey } from '../../key.ts';
import { seenRows } from '../../quality/quarantine.ts';
import { isOneOf, keysAtOnce, keyTexts } from '../by-keys.ts';
import { addRows, type ReadRows } from '../read-rows.ts';
import { cameLate } from './findings.ts';

export type Swept = {
  /** What was read from the bound on. */
  readonly rows: ReadRows;
  /** All keys with their watermarks, in the same view. */
  readonly keys: ReadRows;
  readonly by: TableColumn;
  readonly watermark: Watermark;
};

/** More late rows than these are not asked for by their keys: all are read. */
const manyRows = 50_000;

/**
 * Rows that came later than the late window, or whose watermark went back, are below the bound: a sweep finds them, since
 * their key is not here or has another watermark here. Reads them by their keys, in the same view, to those that were read.
 */
export async function fetchLate(
  source: Connection,
  capture: Capture,
  store: Connection,
  { rows, keys, by, watermark }: Swept,
): Promise<'too many' | { readonly rows: ReadRows; readonly findings: readonly Finding[] }> {
  const { dataset } = rows;
  const late = await lateKeys(store, { rows, keys, by });
  const [first] = late;
  if (first === undefined) return { rows, findings: [] };
  if (late.length > manyRows) return 'too many';
  let fetched = 0;
  for (let from = 0; from < late.length; from += keysAtOnce) {
    const some = late.slice(from, from + keysAtOnce);
    const where = isOneOf(source, capture, dataset, some);
    fetched += (await addRows(source, capture, store, dataset, rows.table, where)).rows;
  }
  return {
    rows: { ...rows, rows: rows.rows + fetched },
    findings: [cameLate(dataset, by, watermark, late.length, first)],
  };
}

/** Transport texts of keys, as `k0`, `k1` ..., and of the watermark there as `at`. */
async function lateKeys(store: Connection, { rows, keys, by }: Omit<Swept, 'watermark'>): Promise<readonly Row[]> {
  const { dataset } = rows;
  const texts = keyTexts(store, dataset, sql`s`);
  const current = await seenRows(store, dataset);
  const [a, b] = [sql`s.${name(by.name)}`, sql`c.${name(by.name)}`];
  return store.transaction(async () => {
    await applySettings(store, store.dialect.bulkSettings);
    await store.execute(sql`analyze ${name(keys.table)}`);
    await store.execute(sql`analyze ${name(rows.table)}`);
    return store.query(sql`select ${list([...texts, sql`${store.types.toTransport(by.type, a)} as at`])}
      from ${name(keys.table)} s left join ${current} c on ${sameKey(dataset.key, sql`c`, sql`s`)}
      where (c.fh_from is null or ${a} is distinct from ${b})
        and not exists (select 1 from ${name(rows.table)} n where ${sameKey(dataset.key, sql`n`, sql`s`)})
      limit ${literal(manyRows + 1)}`);
  });
}
