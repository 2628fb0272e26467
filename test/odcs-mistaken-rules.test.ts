import { describe, expect, test } from 'vitest';
import { must } from '../src/base/must.ts';
import { check } from '../src/check/check.ts';
import { engineFacts } from '../src/engines/facts.ts';
import { lines } from '../src/load/testing/model.ts';
import { checkText } from '../src/model/quality.ts';
import { customers, documentIn, exported, normal, ofContract, twoObjects } from './support/odcs.ts';

describe('a quality rule that is mistaken costs a finding with its place, and nothing else of the contract', () => {
  const at = 'o/orders.odcs.yaml';
  test.each([
    [
      'a rule whose limit is text',
      `${customers}        quality:\n          - metric: nullValues\n            mustBe: none\n`,
      `${at}:20:13 bad-contract-rule dataset 'retail/sales/orders.customers': quality rule nullValues of 'Customers.Mail' of the contract says mustBe: 'none', which is no number, so nothing can be compared with it.`,
    ],
    [
      'a rule that names no column',
      `${customers}    quality:\n      - metric: nullValues\n        mustBe: 0\n`,
      `${at}:19:9 bad-contract-rule`,
    ],
    [
      'a rule whose limits no number meets',
      `${customers}    quality: [{ rule: rowCount, mustBeGreaterThan: 5, mustBeLessThan: 3 }]\n`,
      `${at}:18:`,
    ],
    [
      'a row that would wait, of all rows',
      `${customers}    quality: [{ metric: rowCount, mustBe: 5, customProperties: [{ property: freehold.otherwise, value: wait }] }]\n`,
      "says freehold.otherwise: 'wait'",
    ],
  ])('%s', async (_, text, expected) => {
    const { digest, findings, model } = await ofContract(text);
    expect(lines(findings).length).toBe(1);
    expect(lines(findings)[0]).toContain(expected);
    expect(digest).not.toBeNull();
    const datastore = model?.datastores['retail/sales/orders'];
    expect(Object.keys(datastore?.datasets.customers?.columns ?? {})).toEqual(['customer_id', 'mail']);
    expect(normal(exported(must(datastore, 'the datastore')))).toBe(normal(documentIn(text)));
  });

  const mistaken = `${twoObjects}        quality: [{ metric: nullValues, mustBe: none }, { metric: nullValues, mustBe: 0 }]\n`;

  test('rules beside it are executed, and rules of the model are asked', async () => {
    const { findings, model, places } = await ofContract(mistaken);
    expect(findings.map(({ rule }) => rule)).toEqual(['bad-contract-rule']);
    const datasets = model?.datastores['retail/sales/orders']?.datasets;
    expect(datasets?.customers?.quality?.map(checkText)).toEqual(['present(mail, but 0)']);
    expect(model === null ? [] : check(model, engineFacts, { asOfMs: 0, places }).map(({ rule }) => rule)).toContain(
      'unknown-level',
    );
  });

  test('diverting is called as the contract calls it, where there is no key, at the line of the rule', async () => {
    const keyless = customers.replace('        primaryKey: true\n', '');
    const divert = `quality: [{ metric: nullValues, mustBe: 0, customProperties: [{ property: freehold.otherwise, value: divert }] }]`;
    const { findings, model, places } = await ofContract(
      `${keyless}        ${divert}\n`,
      ', { customers: { appendOnly: true } }',
    );
    expect(lines(findings)).toEqual([]);
    const found = model === null ? [] : check(model, engineFacts, { asOfMs: 0, places });
    expect(found.filter(({ rule }) => rule === 'unfit-otherwise').map(({ at, help }) => [at, help])).toEqual([
      [
        { file: `${at}`, line: 17, column: 19 },
        "Give the dataset a key, or say  otherwise: 'stop'  or  'warn', in a rule of the contract  freehold.otherwise: stop  or  warn.",
      ],
    ]);
  });

  test('of an object that is left out nothing is asked', async () => {
    const broken = `${mistaken}      - { name: kind, logicalType: string, customProperties: [{ property: freehold.owner, value: me }] }
      - { name: other, physicalType: strange }\n`;
    const { findings, model } = await ofContract(
      broken,
      ", { customers: { leaveOut: true, columns: { kind: { doc: 'a' } } } }",
    );
    expect(lines(findings)).toEqual([]);
    expect(Object.keys(model?.datastores['retail/sales/orders']?.datasets ?? {})).toEqual(['others']);
  });
});
