import type { Capture } from '../../engine/capture.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { name, type Sql, sql } from '../../sql/sql.ts';
import type { CopiedColumn } from '../copy.ts';

/** A dataset's table at its source. */
export function sourceOf(dataset: StreamDataset): Sql {
  return sql`${name(dataset.from.schema, dataset.from.table)}`;
}

export function sourceColumns(capture: Capture, dataset: StreamDataset): readonly CopiedColumn[] {
  return dataset.columns.map((column) => ({ name: column.name, type: column.type, read: capture.read(column) }));
}
