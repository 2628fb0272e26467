import { expect, test } from 'vitest';
import { testModel } from '../check/testing/model.ts';
import { lookupIn } from '../model/lookup.ts';
import type { Workspace } from '../model/model.ts';
import { endingLines } from './ending.ts';

const fax = 'retail/sales/orders.customers#fax';
const deprecated = { removal: '2026-12-31', reason: 'nobody sends faxes', use: 'retail/sales/orders.customers#name' };
const head = `column '${fax}' is deprecated: it may be gone from 2026-12-31 on (nobody sends faxes); read 'retail/sales/orders.customers#name' instead.`;

function lines(address: string, reporting: Partial<Workspace> = {}, asOf = '2026-06-01'): readonly string[] {
  const other = {
    address: 'retail/sales/own',
    groups: { g: { read: [{ from: 'retail/sales/orders.customers', columns: ['id'] }] } },
  };
  const columns = { fax: { type: { kind: 'text' }, nullable: true, deprecated } } as const;
  return endingLines(lookupIn(testModel({ columns, reporting, workspaces: [other] })), address, Date.parse(asOf));
}

test('a deprecated thing is told with its day, and each of its readers with whose move it is', () => {
  const told = [
    head,
    "  group 'retail/insight/reporting.dashboard' (approvers user 5) reads it, and has not acknowledged: the move is its own.",
  ];
  for (const address of ['retail/sales/orders', 'retail/sales/orders.customers', fax])
    expect(lines(address)).toEqual(told);
  expect(lines(fax, { acknowledges: [fax] })[1]).toContain('and has acknowledged.');
  expect(lines(fax, { acknowledges: [fax] }, '2026-12-31')[1]).toContain(
    'and is not served it any more: the move is its own.',
  );
});

test('one that nobody reads is its owner alone to remove, when its day has come', () => {
  expect(lines(fax, { groups: {} })).toEqual([head, '  nobody reads it: from 2026-12-31 on its owner may remove it.']);
  expect(lines(fax, { groups: {} }, '2027-01-01')[1]).toBe('  nobody reads it: its owner may remove it.');
});

test('a reader is told what it reads that will go', () => {
  const told = [
    head,
    "  group 'retail/insight/reporting.dashboard' reads it, and has not acknowledged: the move is its own.",
  ];
  expect(lines('retail/insight/reporting')).toEqual(told);
  expect(lines('retail/insight/reporting.dashboard')).toEqual(told);
  expect(lines('retail/insight/reporting.other')).toEqual([]);
  expect(lines('retail/sales/own')).toEqual([]);
});

test('what is not deprecated has nothing to tell', () => {
  expect(lines('retail/sales/orders.customers#id')).toEqual([]);
  expect(lines('retail/sales/nothing')).toEqual([]);
});
