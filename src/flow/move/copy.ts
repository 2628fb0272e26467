import { must } from '../../base/must.ts';
import type { Capture, TablePart } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import { render } from '../../sql/render.ts';
import { list, literal, name, type Sql, sql } from '../../sql/sql.ts';
import { applySettings } from '../bookkeeping.ts';
import { sharedTransport } from '../copy.ts';
import { type MovePart, noteAsOf, noteMoved, type OfPart, readMoveParts } from './record.ts';
import type { MovedRows } from './resting.ts';

/** About so large, in bytes of the old store's table. */
const partBytes = 64 << 20;

/** Copies rows of the old store for which a condition of constants holds, as bytes, in the caller's transaction; how many. */
export function copyMoved(old: Connection, now: Connection, rows: MovedRows, condition: Sql): Promise<number> {
  const transport = sharedTransport(old, now);
  const columns = list(rows.columns.map((column) => name(column)));
  const coming = old.copyOut(
    sql`select ${columns} from ${name(...rows.from)} where ${rows.where} and ${condition}`,
    transport,
  );
  return now.copyIn(rows.into, rows.columns, coming, transport);
}

/** The parts of rows that are still to be copied: ranges of the old table's pages, where it can be split. */
export async function partsToMove(
  old: Connection,
  { of, what, from: [schema, table] }: MovedRows,
  parts: Capture['parts'],
): Promise<readonly MovePart[]> {
  const whole: readonly TablePart[] = [{ where: sql`true`, bytes: 0, rows: null }];
  // A clock is one index range of a table that others share.
  const split = what === 'clock' || parts === undefined ? whole : await parts(old, { schema, table }, partBytes);
  return split.map(({ where, bytes, rows }, i) => ({
    of,
    what,
    n: i + 1,
    where,
    condition: render(where, old.dialect).text,
    bytes,
    estimated: rows,
    rows: 0,
    readMs: null,
    asOf: 0n,
  }));
}

export type Copying = {
  readonly stream: string;
  /** The ordinal that the old store has come to. */
  readonly ordinal: () => Promise<bigint>;
  readonly nowMs: () => number;
  readonly onPart: (parts: readonly MovePart[]) => void;
  readonly hook: (step: string) => Promise<void>;
};

/**
 * Copies what is not here yet of rows, part by part, while the old store goes on: of each part the rows that are there and came by
 * the ordinal at which the first was begun. What changes later is left to `catchUp`, by its ordinals; so it does not matter that the parts
 * are of several moments, nor that a row moves between two of them.
 *
 * A transaction for each part. Before: the part is missing. After: it is here, and the record says so. Cut: as before. Twice: only what is missing
 * is copied.
 */
export async function copyParts(
  old: Connection,
  now: Connection,
  rows: MovedRows,
  { stream, ordinal, nowMs, onPart, hook }: Copying,
): Promise<void> {
  const own = (all: readonly MovePart[]) => all.filter((part) => isOf(part, rows));
  if (own(await readMoveParts(now, stream)).every(({ readMs }) => readMs === null))
    await noteAsOf(now, stream, rows, await ordinal());
  const parts = own(await readMoveParts(now, stream));
  for (const part of parts) {
    if (part.readMs !== null) continue;
    await now.transaction(async () => {
      await applySettings(now, now.dialect.bulkSettings);
      const came = sql`${name(rows.since)} <= ${literal(part.asOf)}`;
      const copied = await copyMoved(old, now, rows, sql`${part.where} and ${came}`);
      await noteMoved(now, stream, part, { rows: copied, readMs: nowMs() });
    });
    onPart(await readMoveParts(now, stream));
    await hook('part moved');
  }
}

/** From which ordinal on changes of these rows are still to come. */
export function asOfRows(parts: readonly MovePart[], rows: OfPart): bigint {
  return must(
    parts.find((part) => isOf(part, rows)),
    `a part of '${rows.of}'`,
  ).asOf;
}

function isOf(part: OfPart, rows: OfPart): boolean {
  return part.of === rows.of && part.what === rows.what;
}
