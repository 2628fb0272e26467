import { describe, expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import { canonicalChecks } from '../../model/canonical.ts';
import type { Check, Dataset, Otherwise } from '../../model/model.ts';
import { checkText, isRowCheck } from '../../model/quality.ts';
import { parseType } from '../../types/text.ts';
import { readRule } from './rule-in.ts';
import { checksBeyond, saidChecks } from './rule-out.ts';

const type = (text: string) => must(parseType(text), text);
const dataset: Dataset = {
  key: ['id'],
  columns: {
    id: { type: type('int32') },
    name: { type: type('text'), nullable: true, contract: { name: 'Full Name' } },
    code: { type: type('varchar(2)'), nullable: true },
  },
};

const said = (...checks: readonly Check[]) => {
  const { object, columns, others } = saidChecks(dataset, canonicalChecks(checks), '3.1');
  return { object, columns: Object.fromEntries(columns), others: others.map(checkText) };
};

describe('checks in the words of the standard', () => {
  test('stand at the property that they are of, or at the object', () => {
    expect(
      said(
        { test: 'present', columns: ['name'], otherwise: 'warn', above: 0.99 },
        { test: 'accepted', columns: ['code'], values: ['DE', 'AT'], otherwise: 'divert' },
        { test: 'unique', columns: ['name', 'code'], otherwise: 'warn', every: '6h' },
        { test: 'rows', min: 1, max: 10 },
      ),
    ).toEqual({
      object: [
        {
          type: 'library',
          metric: 'duplicateValues',
          arguments: { properties: ['code', 'Full Name'] },
          mustBe: 0,
          customProperties: [{ property: 'freehold.every', value: '6h' }],
        },
        {
          type: 'library',
          metric: 'rowCount',
          mustBeBetween: [0, 11],
          customProperties: [{ property: 'freehold.otherwise', value: 'stop' }],
        },
      ],
      columns: {
        name: [{ type: 'library', metric: 'nullValues', mustBeLessThan: 1, unit: 'percent' }],
        code: [
          {
            type: 'library',
            metric: 'invalidValues',
            arguments: { validValues: ['AT', 'DE'] },
            mustBe: 0,
            customProperties: [{ property: 'freehold.otherwise', value: 'divert' }],
          },
        ],
      },
      others: [],
    });
  });

  test('are only those that mean the same: the others stay in our own', () => {
    const without: readonly Check[] = [
      { test: 'declared' },
      { test: 'between', columns: ['id'], min: 1 },
      { test: 'length', columns: ['name'], max: 9 },
      { test: 'compares', columns: ['name', 'code'], is: '<' },
      { test: 'refers', columns: ['id'], to: 'other' },
      { test: 'rows', min: 1, change: '20%' },
      { test: 'rows', min: 0, max: 4 },
      { test: 'present', columns: ['gone'] },
      // A rule that is only told of is asked of the current rows, and one that stops of each row.
      { test: 'present', columns: ['name'], otherwise: 'warn' },
      { test: 'present', columns: ['name'], exceptions: 0 },
      { test: 'matches', columns: ['name'], pattern: 'a|b' },
    ];
    expect(said(...without)).toEqual({ object: [], columns: {}, others: without.map(checkText) });
  });

  test('what is kept of a contract is not said a second time', () => {
    const unique: Check = { test: 'unique', columns: ['name', 'code'], otherwise: 'warn' };
    const rows: Check = { test: 'rows', min: 1, otherwise: 'warn' };
    const present: Check = { test: 'present', columns: ['code'], exceptions: 0, otherwise: 'warn' };
    const declared: Check = { test: 'declared' };
    const code = must(dataset.columns.code, 'code');
    const kept: Dataset = {
      ...dataset,
      quality: [declared, unique, rows, present, declared],
      columns: { ...dataset.columns, code: { ...code, contract: { quality: [{ metric: 'nullValues', mustBe: 0 }] } } },
      contract: {
        object: {
          quality: [
            { type: 'text', description: 'x' },
            { metric: 'duplicateValues', mustBe: 0, arguments: { properties: ['Full Name', 'code'] } },
          ],
          customProperties: [{ property: 'freehold.quality', value: [{ test: 'declared', otherwise: 'stop' }] }],
        },
      },
    };
    expect(checksBeyond(kept)).toEqual([rows, declared]);
  });
});

test('each kind of limit goes out and comes in as the same', () => {
  const limits: readonly Partial<Check>[] = [
    ...[0.5, 0.95, 0.999, 0.9993, 1 / 8].flatMap((share) => [{ share }, { above: share }]),
    ...[{ above: 0 }, { share: 1, otherwise: 'warn' as const }, { exceptions: 0, otherwise: 'warn' as const }],
    ...[{}, { exceptions: 1 }, { exceptions: 1_000_000 }],
  ];
  const outcomes: readonly Otherwise[] = ['stop', 'divert', 'warn'];
  const tests: readonly Check[] = [
    { test: 'present', columns: ['name'] },
    { test: 'excluded', columns: ['name'], values: ['', 'n/a', null] },
    { test: 'excluded', columns: ['id'], values: [-1] },
    { test: 'accepted', columns: ['code'], values: ['A', 'B'] },
    { test: 'matches', columns: ['name'], pattern: '[a-z]+(x|y)?' },
  ];
  const properties = new Map(Object.entries(dataset.columns).map(([name, column]) => [name, { name, ...column }]));
  const lost = new Set<string>();
  for (const one of tests)
    for (const limit of limits)
      for (const otherwise of outcomes) {
        const asked: Check = { ...one, otherwise, ...limit };
        // No row could be diverted, which no contract can say either.
        if (asked.otherwise === 'divert' && !isRowCheck(asked)) continue;
        const check = canonicalChecks([asked]);
        for (const version of ['3.0', '3.1', '3.2'] as const) {
          const { columns, others } = saidChecks(dataset, check, version);
          for (const other of others) lost.add(`${JSON.stringify(limit)} ${other.otherwise ?? 'stop'}`);
          const column = must(properties.get(one.columns?.[0] ?? ''), 'column');
          const read = [...columns.values()].flat().map((rule) => readRule(rule, { column, properties }));
          const again = read.flatMap((found) => (found.kind === 'executed' ? [found.check] : []));
          expect([...canonicalChecks(again), ...others]).toEqual(check);
        }
      }
  // Each row as it comes, only told of: the standard counts the rows that are there.
  expect([...lost]).toEqual(['{} warn']);
});
