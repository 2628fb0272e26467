import { describe, expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import { checkText } from '../../model/quality.ts';
import { parseType } from '../../types/text.ts';
import type { Rule } from './rule.ts';
import { readRule } from './rule-in.ts';

const properties = new Map(
  [
    ['Id', 'id', 'int32'],
    ['mail', 'mail', 'text'],
    ['code', 'code', 'varchar(2)'],
    ['state', 'state', "enum('new','old')"],
    ['day', 'day', 'date'],
    ['doc', 'doc', 'json'],
  ].map(([property = '', name = '', type = '']) => [property, { name, type: must(parseType(type), type) }] as const),
);

/** What becomes of a rule of a property, or of an object (null), in one line. */
function said(property: string | null, rule: Rule): string {
  const column = property === null ? null : must(properties.get(property), property);
  const read = readRule(rule, { column, properties });
  switch (read.kind) {
    case 'executed': {
      const { otherwise, every } = read.check;
      return [checkText(read.check), otherwise, every].filter(Boolean).join(' ');
    }
    case 'kept':
      return `kept: ${read.reason}`;
    case 'mistake':
      return `mistake in ${read.member}: ${read.problem}`;
  }
}

const divert = { customProperties: [{ property: 'freehold.otherwise', value: 'divert' }] };
const stop = { customProperties: [{ property: 'freehold.otherwise', value: 'stop' }] };

describe('rules of the library that are checks', () => {
  test.each<readonly [string, string | null, Rule]>([
    ['present(mail, but 0) warn', 'mail', { metric: 'nullValues', mustBe: 0 }],
    ['present(mail, but 0) warn', 'mail', { type: 'library', metric: 'nullValues', mustBeLessThan: 1, unit: 'rows' }],
    ['present(mail, but 0) warn', 'mail', { rule: 'nullCheck', mustBe: 0, severity: 'error', dimension: 'accuracy' }],
    ['present(mail) stop', 'mail', { metric: 'nullValues', mustBe: 0, ...stop }],
    ['present(mail) divert', 'mail', { metric: 'nullValues', mustBe: 0, ...divert }],
    ['present(mail, but 99) stop', 'mail', { metric: 'nullValues', mustBeLessThan: 100, ...stop }],
    ['present(mail, but 5) warn', 'mail', { metric: 'nullValues', mustBeLessOrEqualTo: 5.5 }],
    ['present(mail, above 99%) warn', 'mail', { metric: 'nullValues', mustBeLessThan: 1, unit: 'percent' }],
    ['present(mail, 95%) warn', 'mail', { metric: 'nullValues', mustBeLessOrEqualTo: 5, unit: 'percent' }],
    ['present(mail, 100%) warn', 'mail', { metric: 'nullValues', mustBe: 0, unit: 'percent' }],
    ['present(mail, above 0%) warn', 'mail', { metric: 'nullValues', mustBeLessThan: 100, unit: 'percent' }],
    [
      "excluded(mail, '', 'n/a', null, but 0) warn",
      'mail',
      { metric: 'missingValues', mustBe: 0, arguments: { missingValues: ['', 'n/a', null] } },
    ],
    [
      "excluded(mail, 'n/a', but 3) warn",
      'mail',
      { metric: 'missingValues', mustBeLessOrEqualTo: 3, arguments: { missingValues: ['n/a'] } },
    ],
    // No whole number is a text, so what is left is null.
    [
      'present(id, but 0) warn',
      'Id',
      { metric: 'missingValues', mustBe: 0, arguments: { missingValues: ['', null, 'n/a'] } },
    ],
    [
      'excluded(id, -1, null, but 0) warn',
      'Id',
      { metric: 'missingValues', mustBe: 0, arguments: { missingValues: [-1, null, ' '] } },
    ],
    [
      "accepted(mail, '', 'n/a', 95%) warn",
      'mail',
      {
        metric: 'invalidValues',
        mustBeLessOrEqualTo: 5,
        unit: 'percent',
        arguments: { validValues: ['', null, 'n/a'] },
      },
    ],
    ["accepted(code, 'DE', 'AT', but 0) warn", 'code', { rule: 'validValues', validValues: ['DE', 'AT'] }],
    [
      'matches(mail, /[A-Z]{2}(-|_)[0-9]+/, but 0) warn',
      'mail',
      { metric: 'invalidValues', mustBe: 0, arguments: { pattern: '^[A-Z]{2}(-|_)[0-9]+$' } },
    ],
    ['unique(mail) warn', 'mail', { metric: 'duplicateValues', mustBe: 0 }],
    ['unique(mail) stop', 'mail', { rule: 'duplicateCount', mustBeLessThan: 1, ...stop }],
    ['unique(mail) warn', 'mail', { metric: 'duplicateValues', mustBe: 0, unit: 'percent' }],
    [
      'unique(id, mail) warn',
      null,
      { metric: 'duplicateValues', mustBe: 0, arguments: { properties: ['Id', 'mail'] } },
    ],
    ['rows(101..119) warn', null, { metric: 'rowCount', mustBeBetween: [100, 120] }],
    ['rows(1000001..) warn', null, { metric: 'rowCount', mustBeGreaterThan: 1_000_000, method: 'reconciliation' }],
    ['rows(1..) warn', null, { metric: 'rowCount', mustNotBe: 0 }],
    ['rows(7..7) warn', null, { metric: 'rowCount', mustBe: 7 }],
    // Several operators, as version 3.0 allows, hold together.
    ['rows(11..19) warn', null, { rule: 'rowCount', mustBeGreaterThan: 10, mustBeLessThan: 20, mustNotBe: 0 }],
    [
      'rows(..5) warn 6h',
      null,
      {
        metric: 'rowCount',
        mustBeLessOrEqualTo: 5,
        customProperties: [
          { property: 'FIELD', value: null },
          { property: 'freehold.every', value: '6h' },
        ],
      },
    ],
  ])('%s', (expected, property, rule) => {
    expect(said(property, rule)).toBe(expected);
  });
});

describe('rules that are kept, and why', () => {
  test.each<readonly [string, string | null, Rule]>([
    ['it is a text for people', 'mail', { type: 'text', description: 'Checked by hand.' }],
    ['its SQL is in the words of one server', 'mail', { type: 'sql', query: 'select 1', mustBe: 1 }],
    ["it is for 'soda'", 'mail', { type: 'custom', engine: 'soda', implementation: 'x' }],
    ["the standard has no type 'dbt'", 'mail', { type: 'dbt' }],
    ['it names no metric', 'mail', { mustBe: 0 }],
    ["the standard has no metric 'nullValue', but 'nullValues'", 'mail', { metric: 'nullValue', mustBe: 0 }],
    ["the standard has no metric 'freshness'", 'mail', { rule: 'freshness', mustBe: 0 }],
    [
      "it names two metrics, 'nullValues' and 'rowCount'",
      'mail',
      { metric: 'nullValues', rule: 'rowCount', mustBe: 0 },
    ],
    ["its word 'pattern' is not known here", 'mail', { metric: 'invalidValues', mustBe: 0, pattern: '^a$' }],
    [
      "its argument 'properties' is not known here",
      'mail',
      { metric: 'duplicateValues', mustBe: 0, arguments: { properties: ['mail'] } },
    ],
    ['it has no limit', 'mail', { metric: 'nullValues' }],
    ['it has no limit', null, { rule: 'rowCount' }],
    ['it asks nothing: any number meets it', 'mail', { metric: 'nullValues', mustBeGreaterOrEqualTo: 0 }],
    [
      'it asks nothing: any number meets it',
      'mail',
      { metric: 'nullValues', mustBeLessOrEqualTo: 100, unit: 'percent' },
    ],
    ['it demands that some rows fail', 'mail', { metric: 'nullValues', mustBe: 5 }],
    ['it demands that some rows fail', 'mail', { metric: 'nullValues', mustBeBetween: [0, 5] }],
    [
      'its percentage has more than ten digits',
      'mail',
      { metric: 'nullValues', mustBeLessThan: 33.333333333333, unit: 'percent' },
    ],
    ['it leaves out one number in the middle', null, { metric: 'rowCount', mustNotBe: 5 }],
    ['it leaves out a range in the middle', null, { metric: 'rowCount', mustNotBeBetween: [5, 9] }],
    [
      'it lets some be duplicates, and the standard does not say how they are counted',
      'mail',
      { metric: 'duplicateValues', mustBeLessThan: 10 },
    ],
    ['rowCount is of an object, and this stands at a property', 'mail', { metric: 'rowCount', mustBe: 5 }],
    ["column 'doc' is json, of which it cannot be asked", 'doc', { metric: 'duplicateValues', mustBe: 0 }],
    ['it does not say which values are missing ones', 'mail', { metric: 'missingValues', mustBe: 0 }],
    ['10 is no value of text', 'mail', { metric: 'invalidValues', mustBe: 0, arguments: { validValues: [10, 20] } }],
    [
      "'n/a' is no value of varchar(2)",
      'code',
      { metric: 'missingValues', mustBe: 0, arguments: { missingValues: [null, 'n/a'] } },
    ],
    [
      "'today' is no value of date",
      'day',
      { metric: 'invalidValues', mustBe: 0, arguments: { validValues: ['today'] } },
    ],
    [
      'it lists no value that the column can have',
      'Id',
      { metric: 'invalidValues', mustBe: 0, arguments: { validValues: [null, 'x'] } },
    ],
    [
      'its pattern is not of the whole text, from ^ to $',
      'mail',
      { metric: 'invalidValues', mustBe: 0, arguments: { pattern: '[a-z]' } },
    ],
    [
      'its pattern is not of the whole text, from ^ to $',
      'mail',
      { metric: 'invalidValues', mustBe: 0, arguments: { pattern: '^a|b$' } },
    ],
    [
      'its pattern is not of the whole text, from ^ to $',
      'mail',
      { metric: 'invalidValues', mustBe: 0, arguments: { pattern: '^a\\$' } },
    ],
    [
      "engines would not answer its pattern alike: '(?' is not known here",
      'mail',
      { metric: 'invalidValues', mustBe: 0, arguments: { pattern: '^(?=a)b$' } },
    ],
    [
      "column 'id' is int32, of which it cannot be asked",
      'Id',
      { metric: 'invalidValues', mustBe: 0, arguments: { pattern: '^1$' } },
    ],
    [
      'the standard does not say whether one of its list and its pattern is enough',
      'mail',
      { metric: 'invalidValues', mustBe: 0, arguments: { pattern: '^1$', validValues: ['1'] } },
    ],
    [
      'the standard does not say whether it counts the valid or the others',
      'mail',
      { rule: 'validValues', validValues: ['a'], mustBe: 0 },
    ],
  ])('%s', (reason, property, rule) => {
    expect(said(property, rule)).toBe(`kept: ${reason}`);
  });
});

describe('rules that say what cannot be', () => {
  test.each<readonly [string, string | null, Rule]>([
    [
      "mustBe: says mustBe: 'none', which is no number, so nothing can be compared with it",
      'mail',
      { metric: 'nullValues', mustBe: 'none' },
    ],
    ['mustBe: says mustBe: -1, and nothing is counted below 0', 'mail', { metric: 'nullValues', mustBe: -1 }],
    [
      'mustBeLessThan: says mustBeLessThan: 101 percent, and there are no more than 100',
      'mail',
      { metric: 'nullValues', mustBeLessThan: 101, unit: 'percent' },
    ],
    [
      'mustBeLessThan: demands what no number can meet',
      null,
      { metric: 'rowCount', mustBeGreaterThan: 9, mustBeLessThan: 10 },
    ],
    ['mustBeLessThan: demands what no number can meet', 'mail', { metric: 'nullValues', mustBeLessThan: 0 }],
    ['mustBe: demands what no number can meet', null, { metric: 'rowCount', mustBe: 2.5 }],
    [
      'mustBeBetween: says mustBeBetween: [9,1], which are not two numbers of which the second is larger',
      null,
      { metric: 'rowCount', mustBeBetween: [9, 1] },
    ],
    [
      "unit: counts values in 'days', and of rows there is only a number and a percentage",
      'mail',
      { metric: 'nullValues', mustBe: 0, unit: 'days' },
    ],
    [
      "unit: counts the rows of a table in 'percent', and they are a part of nothing",
      null,
      { metric: 'rowCount', mustBe: 1, unit: 'percent' },
    ],
    ['metric: names no column, so nobody knows whose values it counts', null, { metric: 'nullValues', mustBe: 0 }],
    [
      'metric: names no columns, so nobody knows which values must not be there twice',
      null,
      { metric: 'duplicateValues', mustBe: 0 },
    ],
    [
      "arguments: names property 'id', which its object does not have",
      null,
      { metric: 'duplicateValues', mustBe: 0, arguments: { properties: ['id', 'mail'] } },
    ],
    ['arguments: has arguments that are no object', 'mail', { metric: 'nullValues', mustBe: 0, arguments: [1] }],
    [
      "customProperties: says freehold.otherwise: 'explode', which nothing here can do",
      'mail',
      { metric: 'nullValues', mustBe: 0, customProperties: [{ property: 'freehold.otherwise', value: 'explode' }] },
    ],
    [
      "customProperties: says freehold.every: 'often', which nothing here can do",
      'mail',
      { metric: 'nullValues', mustBe: 0, customProperties: [{ property: 'freehold.every', value: 'often' }] },
    ],
    [
      'customProperties: says freehold.share: 1, which nothing here can do',
      'mail',
      { metric: 'nullValues', mustBe: 0, customProperties: [{ property: 'freehold.share', value: 1 }] },
    ],
    [
      "customProperties: says freehold.otherwise: 'divert', and what it asks is of all rows together (rows(5..5)), so there is no row that could be diverted when it fails",
      null,
      { metric: 'rowCount', mustBe: 5, ...divert },
    ],
    [
      "customProperties: says freehold.otherwise: 'divert', and what it asks is of all rows together (present(mail, but 5)), so there is no row that could be diverted when it fails",
      'mail',
      { metric: 'nullValues', mustBeLessOrEqualTo: 5, ...divert },
    ],
  ])('%s', (expected, property, rule) => {
    expect(said(property, rule)).toBe(`mistake in ${expected}`);
  });
});
