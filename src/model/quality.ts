/** What the checks of a dataset mean, and how they are called. */

import { parseDurationMs } from './duration.ts';
import { defaultEvery, defaultOtherwise } from './effective.ts';
import type { Check, CheckTest, Otherwise } from './model.ts';

/** Tests that a row passes or fails alone. */
const ofRows: ReadonlySet<CheckTest> = new Set([
  'declared',
  'present',
  'accepted',
  'between',
  'length',
  'matches',
  'compares',
]);

/** Is each row judged as it comes? Else the current rows are, at their cadence. */
export function isRowCheck({ test, share }: Check): boolean {
  return ofRows.has(test) && share === undefined;
}

export function otherwiseOf(check: Check): Otherwise {
  return check.otherwise ?? defaultOtherwise;
}

/** How often the current rows are judged at most; null where the text is no duration. */
export function everyMsOf(check: Check): number | null {
  return parseDurationMs(check.every ?? defaultEvery);
}

/** `present(name)`, `between(total, 0..100, 99%)`: what a check is called; two of one text ask the same. */
export function checkText(check: Check): string {
  const { test, columns = [], values = [], min, max, pattern, is, to, change, within, share } = check;
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
    ...(share === undefined ? [] : [`${Number((share * 100).toFixed(6))}%`]),
  ];
  return `${test}(${parts.join(', ')})`;
}
