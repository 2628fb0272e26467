import type { Capture } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { empty, list, literal, type Sql, sql } from '../../sql/sql.ts';
import { columnsRead, type Hashing, hashingOn } from './row-hash.ts';
import { sourceOf } from './source-columns.ts';

/**
 * What reads of one stream, one after the other in one process, remember: a statement whose answer at the source is another
 * one when rows changed, and its answer in the view of a read that found no difference. One such answer costs a part of
 * reading, moving and comparing the rows, and nothing at the store; equal answers of other rows: one of 2^60.
 */
export type ReadMemory = {
  quiet: { readonly statement: Sql; readonly answer: string; readonly untilMs: number | null } | null;
  /** Did the last read find nothing? Only then is the answer asked for beside the next: what moves gains nothing from it. */
  wasUnchanged: boolean;
  hashing: Hashing | null;
};

export function nothingRemembered(): ReadMemory {
  return { quiet: null, wasUnchanged: false, hashing: null };
}

/** Are the rows what they were at a read that found no difference? One statement, so all datasets in one view. */
export async function isQuiet(source: Connection, memory: ReadMemory, nowMs: number): Promise<boolean> {
  const { quiet } = memory;
  if (quiet === null || (quiet.untilMs !== null && nowMs >= quiet.untilMs)) return false;
  return (await answerOf(source, quiet.statement)) === quiet.answer;
}

/** The rows of a dataset that reads look at. */
export type Looked = { readonly dataset: StreamDataset; readonly where: Sql | null };

/** Before a view is opened: whether to ask beside the read, and how. */
export async function askBeside(source: Connection, memory: ReadMemory): Promise<Hashing | null> {
  memory.quiet = null;
  if (!memory.wasUnchanged) return null;
  memory.hashing ??= await hashingOn(source);
  return memory.hashing;
}

/** How many rows there are of each, and the sum of their hashes. */
export function statementOf(capture: Capture, hashing: Hashing, looked: readonly Looked[]): Sql {
  const each = looked.map(({ dataset, where }, i) => {
    const hash = hashing.of(columnsRead(capture, dataset.columns));
    const rows = sql`select ${hash} as h from ${sourceOf(dataset)}${where === null ? empty : sql` where ${where}`}`;
    return sql`select ${literal(i)} as i, count(*) as n, sum(q.h) as s from (${rows}) q`;
  });
  return sql`${list(each, ' union all ')}`;
}

export async function answerOf(source: Connection, statement: Sql): Promise<string> {
  const rows = await source.query(statement);
  return rows
    .map(({ i, n, s }) => `${String(i)} ${String(n)} ${String(s)}`)
    .toSorted()
    .join('\n');
}
