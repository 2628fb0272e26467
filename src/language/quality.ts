import type { Check, CheckComparison, Otherwise } from '../model/model.ts';
import type { Share } from './datastore.ts';
import type { Duration } from './noun.ts';

/** What becomes of what fails, and how often what needs all rows is judged. */
export type DatasetCheckOptions = {
  /** `stop`: nothing more of the stream is merged; `warn`: it is told. Absent: stop. */
  readonly otherwise?: Exclude<Otherwise, 'divert'>;
  /** At most so often the current rows are judged; absent: 1h. */
  readonly every?: Duration;
};

export type CheckOptions = {
  /** Of the current rows so many must pass, 0 to 1; absent: every row, judged as it comes. */
  readonly share?: number;
  /** Of the current rows more than so many must pass, 0 to 1; instead of a share. */
  readonly above?: number;
  /** Of the current rows so many may fail, and no more; instead of a share. */
  readonly exceptions?: number;
  /** `stop`; `divert`: the row and later changes of its key wait in quarantine; `warn`. Absent: stop. */
  readonly otherwise?: Otherwise;
  /** Of the current rows: at most so often the current rows are judged; absent: 1h. */
  readonly every?: Duration;
};

/** A share, or what else is to be said. */
export type More = number | CheckOptions;

/** The column is not null; `present('name', 0.99)`: in so many of the rows. */
export function present(column: string, more: More = {}): Check {
  return { ...said(more), test: 'present', columns: [column] };
}

/** The column is one of these values, or null. */
export function accepted(column: string, values: readonly (string | number | boolean)[], more: More = {}): Check {
  return { ...said(more), test: 'accepted', columns: [column], values };
}

/** The column is none of these values; null passes unless it is one of them: `excluded('email', [null, '', 'n/a'])`. */
export function excluded(
  column: string,
  values: readonly (string | number | boolean | null)[],
  more: More = {},
): Check {
  return { ...said(more), test: 'excluded', columns: [column], values };
}

/** The column, a number, a date or a time, lies between these, both included, or is null. */
export function between(
  column: string,
  bounds: { readonly min?: string | number; readonly max?: string | number },
  more: More = {},
): Check {
  return { ...said(more), ...bounds, test: 'between', columns: [column] };
}

/** The text has so many characters, or is null. */
export function length(
  column: string,
  bounds: { readonly min?: number; readonly max?: number },
  more: More = {},
): Check {
  return { ...said(more), ...bounds, test: 'length', columns: [column] };
}

/** The whole text is of this pattern, `[A-Z]{2}[0-9]+`, or null. docs/quality.md has the language, which is the same on every engine. */
export function matches(column: string, pattern: string, more: More = {}): Check {
  return { ...said(more), test: 'matches', columns: [column], pattern };
}

/** `compares('shipped', '>=', 'ordered')`: two columns of a row; where one is null it holds. */
export function compares(column: string, is: CheckComparison, other: string, more: More = {}): Check {
  return { ...said(more), test: 'compares', columns: [column, other], is };
}

/** Each value is as its column declares: not null where it is required, within its length, its range, its values. */
export function declared(more: { readonly otherwise?: Otherwise } = {}): Check {
  return { ...more, test: 'declared' };
}

/** No two rows share the values of these columns; rows with a null among them aside. */
export function unique(columns: string | readonly string[], more: DatasetCheckOptions = {}): Check {
  return { ...more, test: 'unique', columns: typeof columns === 'string' ? [columns] : columns };
}

/** The columns are the key of a row of this dataset, of the same datastore; rows with a null among them aside. */
export function refers(columns: string | readonly string[], to: string, more: DatasetCheckOptions = {}): Check {
  return { ...more, test: 'refers', columns: typeof columns === 'string' ? [columns] : columns, to };
}

/** How many rows there are, and how much their number may change from one run of the check to the next. */
export function rows(
  bounds: { readonly min?: number; readonly max?: number; readonly change?: Share },
  more: DatasetCheckOptions = {},
): Check {
  return { ...more, ...bounds, test: 'rows' };
}

/** The greatest value of the column, a time, is at most so old. */
export function fresh(column: string, within: Duration, more: DatasetCheckOptions = {}): Check {
  return { ...more, test: 'fresh', columns: [column], within };
}

function said(more: More): CheckOptions {
  return typeof more === 'number' ? { share: more } : more;
}
