import { expect, test } from 'vitest';
import { testModel } from '../check/testing/model.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Column, Policy } from '../model/model.ts';
import { causedBy } from './causality.ts';
import { approvedBy, propose } from './testing/propose.ts';

const policy: Policy = { demands: { kind: 'not', of: { kind: 'classified', as: 'pii' } }, from: '2026-03-01' };
const text = { type: { kind: 'text' } } as const;
const before = Date.parse('2026-02-01T00:00:00Z');

/** Columns with personal data, which the policy forbids from its day on, and one that is not. */
function model(policies: Readonly<Record<string, Policy>>, ...pii: readonly string[]) {
  const columns = Object.fromEntries(
    ['name', 'phone'].map((name): [string, Column] => [name, pii.includes(name) ? { ...text, labels: ['pii'] } : text]),
  );
  return testModel({
    mesh: { classification: { levels: ['internal'], labels: { pii: {} } } },
    zone: { policies },
    insight: { may: { labels: ['pii'] } },
    reporting: { labels: ['pii'] },
    orders: { datasets: { a: { key: ['name'], columns }, b: { key: ['name'], columns: { name: text } } } },
  });
}

function caused(from: ReturnType<typeof model>, to: ReturnType<typeof model>) {
  const proposal = propose(canonicalModel(from), canonicalModel(to), approvedBy(), { asOfMs: before });
  const { caused: of } = causedBy(proposal);
  return of.filter(({ rule }) => rule === 'policy-violation').map(({ severity, address }) => `${severity} ${address}`);
}

test('who tightens a policy from a day on is not held up by what breaks it already', () => {
  expect(caused(model({}, 'name'), model({ rule: policy }, 'name'))).toEqual(['warning retail/sales/orders.a#name']);
});

test('what a change adds to it blocks at once, though the day is ahead', () => {
  expect(caused(model({ rule: policy }), model({ rule: policy }, 'name'))).toEqual([
    'error retail/sales/orders.a#name',
  ]);
});

test('so does one more column of a dataset that breaks it already, and one fewer does not', () => {
  const [one, both] = [model({ rule: policy }, 'name'), model({ rule: policy }, 'name', 'phone')];
  expect(caused(one, both)).toContain('error retail/sales/orders.a#name');
  expect(caused(both, one)).toEqual([]);
  // The other way round as well: which of them is the first is nothing to it.
  const other = model({ rule: policy }, 'phone');
  expect(caused(both, other)).toEqual([]);
  expect(caused(other, both)).toContain('error retail/sales/orders.a#name');
  expect(caused(other, one)).toContain('error retail/sales/orders.a#name');
  const proposal = propose(canonicalModel(one), canonicalModel(both), approvedBy(), { asOfMs: before });
  expect(causedBy(proposal).caused.flatMap(({ related }) => related.map(({ message }) => message))).toContain(
    "this change adds 'retail/sales/orders.a#phone' to it",
  );
});

test('what was there already goes on to warn, whatever else changes', () => {
  const other = model({ rule: policy }, 'name');
  expect(caused(model({ rule: policy }, 'name'), { ...other, workspaces: {} })).toEqual([]);
});
