/** What the checks of a dataset mean, and how they are called. */

import type { TypeKind } from '../types/type.ts';
import { parseDurationMs } from './duration.ts';
import { defaultEvery, defaultOtherwise } from './effective.ts';
import type { Check, CheckTest, Otherwise } from './model.ts';

/** Tests that a row passes or fails alone. */
const ofRows: ReadonlySet<CheckTest> = new Set([
  'declared',
  'present',
  'accepted',
  'excluded',
  'between',
  'length',
  'matches',
  'compares',
]);

/** Does a row pass or fail it alone, whether each must or so many of them? */
export function isOfRow({ test }: Pick<Check, 'test'>): boolean {
  return ofRows.has(test);
}

/** Is each row judged as it comes? Else the current rows are, at their cadence. */
export function isRowCheck(check: Check): boolean {
  const { share, above, exceptions } = check;
  return isOfRow(check) && share === undefined && above === undefined && exceptions === undefined;
}

const texts: readonly TypeKind[] = ['char', 'varchar', 'text'];
const numbers: readonly TypeKind[] = ['int', 'decimal', 'float'];
const moments: readonly TypeKind[] = ['date', 'timestamp', 'timestamptz'];
const exact: readonly TypeKind[] = ['boolean', 'int', 'decimal', 'uuid', 'enum', 'time', ...texts, ...moments];

/** Which types a test can be asked of, alike on every engine; absent: it takes them as they are. */
export const kindsOf: Partial<Readonly<Record<CheckTest, readonly TypeKind[]>>> = {
  accepted: exact,
  excluded: exact,
  between: [...numbers, 'time', ...moments],
  length: texts,
  matches: texts,
  compares: [...numbers, 'time', ...moments, 'boolean', 'uuid', ...texts, 'enum'],
  unique: exact,
  refers: exact,
  fresh: moments,
};

export function otherwiseOf(check: Check): Otherwise {
  return check.otherwise ?? defaultOtherwise;
}

/** How often the current rows are judged at most; null where the text is no duration. */
export function everyMsOf(check: Check): number | null {
  return parseDurationMs(check.every ?? defaultEvery);
}

/** `present(name)`, `between(total, 0..100, 99%)`: what a check is called; two of one text ask the same. */
export function checkText(check: Check): string {
  const { test, columns = [], values = [], min, max, pattern, is, to, change, within } = check;
  const range = min === undefined && max === undefined ? [] : [`${min ?? ''}..${max ?? ''}`];
  const subject =
    test === 'compares'
      ? [`${columns[0] ?? ''} ${is ?? ''} ${columns[1] ?? ''}`]
      : test === 'refers'
        ? [`${columns.join(', ')} -> ${to ?? ''}`]
        : columns;
  const parts = [
    ...subject,
    ...values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value))),
    ...range,
    ...(pattern === undefined ? [] : [`/${pattern}/`]),
    ...(change === undefined ? [] : [`change ${change}`]),
    ...(within === undefined ? [] : [within]),
    ...partText(check),
  ];
  return `${test}(${parts.join(', ')})`;
}

/** How many rows must pass: nothing where each must. */
function partText({ share, above, exceptions }: Check): readonly string[] {
  return [
    ...(share === undefined ? [] : [percentText(share)]),
    ...(above === undefined ? [] : [`above ${percentText(above)}`]),
    ...(exceptions === undefined ? [] : [`but ${exceptions}`]),
  ];
}

function percentText(share: number): string {
  return `${Number((share * 100).toFixed(6))}%`;
}
