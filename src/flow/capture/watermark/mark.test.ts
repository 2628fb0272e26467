import { expect, test } from 'vitest';
import { must } from '../../../base/must.ts';
import type { Late } from '../../../plan/plan.ts';
import { parseType } from '../../../types/text.ts';
import { boundBelow, latestBelievable, sortable } from './mark.ts';

const bound = (mark: string, type: string, late: Late) => boundBelow(mark, must(parseType(type), type), late);
const minutes = (n: number) => ({ ms: n * 60_000 });

test.each([
  ['2026-01-01 00:05:00.123456+00', 'timestamptz(6)', minutes(10), '2025-12-31 23:55:00.123456+00'],
  ['2026-01-01 00:05:00.000001', 'timestamp(6)', { ms: 0 }, '2026-01-01 00:05:00.000001'],
  ['2026-03-01', 'date', minutes(70), '2026-02-28'],
  ['2026-03-01', 'date', { ms: 0 }, '2026-03-01'],
  ['0001-01-01 00:00:00.000000', 'timestamp(6)', minutes(10), null],
  ['0044-03-15 BC', 'date', minutes(10), null],
  ['4711', 'int64', { steps: 1000 }, '3711'],
  ['4711', 'int64', { steps: 0.5 }, '4710'],
  ['-32000', 'int16', { steps: 1000 }, '-32768'],
  ['9223372036854775807', 'int64', { steps: 1 }, '9223372036854775806'],
  ['10.25', 'decimal(12,2)', { steps: 0.5 }, '9.75'],
  ['0.25', 'decimal', { steps: 1 }, '-0.75'],
  ['NaN', 'decimal', { steps: 1 }, null],
])('the bound below %s of %s', (mark, type, late, expected) => {
  expect(bound(mark, type, late)).toBe(expected);
});

test('marks sort as text in their own order', () => {
  const numbers = [
    '-100',
    '-99.5',
    '-99',
    '-2',
    '-1',
    '0',
    '0.5',
    '1',
    '9',
    '10',
    '99.25',
    '100',
    '9223372036854775807',
  ];
  expect(numbers.map(sortable).toSorted()).toEqual(numbers.map(sortable));
  const times = ['2025-12-31 23:59:59.999999', '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000001'];
  expect(times.map(sortable).toSorted()).toEqual(times);
});

test('what is later than our clock is not believed; a number is', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const latest = (type: string) => latestBelievable(at, must(parseType(type), type));
  expect(['timestamptz(6)', 'timestamp(3)', 'date', 'int64'].map(latest)).toEqual([
    '2026-01-02 03:04:05.678000+00',
    '2026-01-02 03:04:05.678000',
    '2026-01-02',
    null,
  ]);
});
