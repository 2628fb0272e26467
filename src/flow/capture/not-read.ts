import type { Capture } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { type Sql, sql } from '../../sql/sql.ts';
import { readAs, sharedTransport } from '../copy.ts';
import { sourceColumns, sourceOf } from './source-columns.ts';
import type { View } from './views.ts';

/** A part of a dataset's rows that a database refuses to give or to take, for a reason that does not pass. */
export class NotRead extends EngineError {
  readonly dataset: StreamDataset;
  readonly where: Sql;
  readonly failure: EngineError;

  constructor(failure: EngineError, dataset: StreamDataset, where: Sql, column: string | null = null) {
    const of = column === null ? '' : ` (column '${column}')`;
    super(failure.kind, `The rows of '${dataset.address}'${of} cannot be loaded: ${failure.message}`, failure);
    this.dataset = dataset;
    this.where = where;
    this.failure = failure;
  }
}

export function notRead(failure: unknown, dataset: StreamDataset, where: Sql): unknown {
  return failure instanceof EngineError && !failure.isPassing ? new NotRead(failure, dataset, where) : failure;
}

/** The same with the column whose values the source cannot read as its type, found by reading each by itself. */
export async function withColumn(failure: unknown, view: View, capture: Capture, store: Connection): Promise<unknown> {
  if (!(failure instanceof NotRead)) return failure;
  const { dataset, where } = failure;
  await using source = await view.connect();
  const columns = sourceColumns(capture, dataset);
  const read = readAs(source, columns, sharedTransport(source, store));
  for (const [i, { name: column }] of columns.entries()) {
    try {
      await source.query(sql`select count(${read[i] ?? sql`*`}) as n from ${sourceOf(dataset)} where ${where}`);
    } catch (refused) {
      if (!(refused instanceof EngineError)) throw refused;
      return new NotRead(failure.failure, dataset, where, column);
    }
  }
  return failure;
}
