import type { Connection, Row } from '../../../engine/connection.ts';
import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import type { StreamDataset, TableColumn, Watermark } from '../../../plan/plan.ts';
import { lateText } from '../../../plan/reading.ts';
import { list, name, sql } from '../../../sql/sql.ts';
import type { ReadRows } from '../read-rows.ts';
import { keyText, shown } from '../unclear-key.ts';

// All are warnings: the rows were read and merged, and nothing was passed over.

export function behind(dataset: StreamDataset, by: TableColumn, mark: string): Finding {
  return notice(dataset, by, {
    rule: 'watermark-behind',
    message: `no row of '${dataset.address}' at the source has a '${by.name}' as great as was read before (${mark}), so the source went back: it was restored from a copy, or its newest rows were removed. All its rows were read and compared.`,
    help: 'Where it was restored, rows that were deleted since are only seen by a sweep; what was changed and is now as before was put back here, too.',
  });
}

export function inFuture(dataset: StreamDataset, by: TableColumn, mark: string, key: string | null): Finding {
  const row = key === null ? 'a row' : `the row ${key}`;
  return notice(dataset, by, {
    rule: 'watermark-in-future',
    message: `'${by.name}' of '${dataset.address}' is ${mark} in ${row}, which is still to come: a clock at the source runs ahead, or the value was made up. Such rows are read again each time, so that rows of the right time are not passed over.`,
    help: 'Set the clock right, or correct the rows at the source.',
  });
}

/** Null: each row that was read has a watermark. */
export async function withoutMark(
  c: Connection,
  { dataset, table }: ReadRows,
  by: TableColumn,
): Promise<Finding | null> {
  const keys = dataset.key.map((key, i) => sql`${keyText(c, dataset, key)} as ${name(`k${i}`)}`);
  const [row] = await c.query(
    sql`select ${list([...keys, sql`1 as found`])} from ${name(table)} r where r.${name(by.name)} is null limit 1`,
  );
  if (row === undefined) return null;
  return notice(dataset, by, {
    rule: 'watermark-null',
    message: `'${by.name}' of '${dataset.address}' is null in ${dataset.key.length === 0 ? 'a row' : `the row ${shown(dataset, row)}`}, and the model says it never is. Rows without it are read again each time, since nothing says when they changed.`,
    help: 'Fill it at the source and set it not null there; or say  nullable  of the column, if it is meant to be.',
  });
}

export function cameLate(
  dataset: StreamDataset,
  by: TableColumn,
  watermark: Watermark,
  count: number,
  first: Row,
): Finding {
  return notice(dataset, by, {
    rule: 'watermark-late',
    message: `${count} rows of '${dataset.address}' came later than 'late' says (${lateText(watermark.late)}), or their '${by.name}' went back: the row ${shown(dataset, first)} with ${typeof first.at === 'string' ? first.at : 'none'} is one. Only the sweep found them, and they are here now.`,
    help: "Raise 'late' to as long as the longest transaction of the source takes, if there are more of them.",
  });
}

function notice(
  dataset: StreamDataset,
  by: TableColumn,
  said: { readonly rule: string; readonly message: string; readonly help: string },
): Finding {
  return finding({ ...said, severity: 'warning', address: `${dataset.address}#${by.name}` });
}
