import { didYouMean } from '../../findings/near-name.ts';
import { keyOf, own } from '../../model/effective.ts';
import { typeText } from '../../types/text.ts';
import type { TypeKind } from '../../types/type.ts';
import { type DatasetEntry, datasetsOf } from '../datasets.ts';
import type { Report, Rule } from '../rule.ts';
import { columnSpot, spotOf } from '../spots.ts';

/**
 * watermark('updated_at') reads the rows whose column grew: every dataset needs it, of a type with an order, with a late
 * window in the column's own measure; and a sweep compares keys.
 */
export const watermarkColumn: Rule = {
  name: 'watermark-column',
  judges: {
    *datastore(datastore) {
      if (datastore.changes.mode !== 'watermark') return;
      for (const entry of datasetsOf(datastore)) yield* judge(entry);
    },
  },
};

function* judge(entry: DatasetEntry): Iterable<Report> {
  const { column: name, late, sweep } = entry.datastore.changes;
  const column = name === undefined ? undefined : own(entry.dataset.columns, name);
  if (name === undefined || column === undefined) {
    const had = Object.keys(entry.dataset.columns);
    yield {
      message: `dataset '${entry.name}' has no column '${name ?? ''}', which its datastore's watermark() reads changes by, so a change to its rows would never be seen.`,
      help: `Name in  watermark('...')  a column that every dataset of the datastore has and every change makes greater; or use  snapshot().${didYouMean(name ?? '', had)}`,
      at: spotOf(entry.address),
    };
    return;
  }
  const { kind } = column.type;
  const at = columnSpot(entry, name);
  const said = `column '${name}' of dataset '${entry.name}'`;
  if (!times.has(kind) && !numbers.has(kind)) {
    yield {
      message: `${said} is ${typeText(column.type)}, which says nothing about what came later, so changes read by watermark() would be missed.`,
      help: 'Use a column that every change makes greater: a timestamp or a whole number; or  snapshot().',
      at,
    };
  } else if (numbers.has(kind) && typeof late !== 'number') {
    yield {
      message: `${said} holds numbers, and ${late === undefined ? 'watermark() does not say' : `'late' is the duration '${late}' and does not say`} how far below the greatest number read one may still come to be seen. Transactions commit in another order than they take numbers, so changes would be missed.`,
      help: `Say as many as may be taken and not yet committed:  watermark('${name}', { late: 1000 }).`,
      at,
    };
  } else if (times.has(kind) && typeof late === 'number') {
    yield {
      message: `${said} holds times, and 'late' is the number ${late}, so nobody knows how long a change may take to be seen.`,
      help: `Say as long as the longest transaction of the source takes:  watermark('${name}', { late: '10m' }).`,
      at,
    };
  } else if (column.nullable === true) {
    yield {
      severity: 'warning',
      message: `${said} may be null. Rows where it is null are read each time and compared, since nothing says when they changed.`,
      help: 'Use a column that is never null where many rows have none; a few are no harm.',
      at,
    };
  }
  if (sweep !== undefined && keyOf(entry.dataset).length === 0) {
    yield {
      message: `dataset '${entry.name}' has no key, and a sweep finds deleted rows by their keys.`,
      help: "Give it a key, or take 'sweep' out: rows of a dataset without key are only ever added.",
      at: spotOf(entry.address),
    };
  }
}

const times: ReadonlySet<TypeKind> = new Set<TypeKind>(['date', 'timestamp', 'timestamptz']);
const numbers: ReadonlySet<TypeKind> = new Set<TypeKind>(['int', 'decimal']);
