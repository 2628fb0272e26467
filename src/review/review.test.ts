import { describe, expect, test } from 'vitest';
import { testFacts } from '../check/testing/facts.ts';
import { testColumns, testDatastore, testModel } from '../check/testing/model.ts';
import { finding } from '../findings/make.ts';
import { loaded } from '../load/testing/model.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Model } from '../model/model.ts';
import type { Proposal } from './proposal.ts';
import { review } from './review.ts';
import { approvedBy, propose } from './testing/propose.ts';

const asOfMs = Date.parse('2026-06-01T12:00:00Z');

function proposalOf(before: Model, after: Model, ...approvers: number[]): Proposal {
  const [base, head] = [canonicalModel(before), canonicalModel(after)];
  return propose(base, head, approvedBy(...approvers), { asOfMs });
}

function verdictOf(before: Model, after: Model, ...approvers: number[]) {
  const { verdict, phase, findings, inherited } = review(proposalOf(before, after, ...approvers), testFacts, {
    asOfMs,
  });
  return { verdict, phase, rules: findings.map(({ rule }) => rule), inherited: inherited.map(({ rule }) => rule) };
}

const keyless = testDatastore('retail/sales/stock', { datasets: { a: { columns: testColumns } } });
const warned = testDatastore('retail/sales/stock', { datasets: {} });

describe('the first phase that fails tells all of its findings', () => {
  test('1: what head gets wrong, whoever sends it', () => {
    expect(verdictOf(testModel({}), testModel({ datastores: [keyless] }))).toEqual({
      verdict: 'blocked',
      phase: 1,
      rules: ['keyless-dataset'],
      inherited: [],
    });
  });

  test('2: what the origin may not do, with the warnings of phase 1', () => {
    expect(verdictOf(testModel({}), testModel({ datastores: [warned], reporting: { doc: 'x' } }))).toEqual({
      verdict: 'blocked',
      phase: 2,
      rules: ['not-the-owner', 'not-the-owner', 'nothing-inside'],
      inherited: [],
    });
  });

  test('2: what still rests on what goes', () => {
    const base = testModel({
      orders: { datasets: { a: { key: ['id'], columns: testColumns }, b: { key: ['id'], columns: testColumns } } },
    });
    const head = testModel({ orders: { datasets: { a: { key: ['id'], columns: testColumns } } } });
    expect(verdictOf(base, head, 4)).toEqual({ verdict: 'blocked', phase: 2, rules: ['still-in-use'], inherited: [] });
  });

  test('3: who breaks by it, and does not consent', () => {
    const column = (length: number) =>
      testModel({ orders: { production: true }, columns: { name: { type: { kind: 'varchar', length } } } });
    expect(verdictOf(column(100), column(40), 4)).toEqual({
      verdict: 'blocked',
      phase: 3,
      rules: ['column-narrowed'],
      inherited: [],
    });
    // The zone's and the reader's approvers consent by their review.
    expect(verdictOf(column(100), column(40), 4, 2, 5)).toEqual({
      verdict: 'pass',
      phase: null,
      rules: [],
      inherited: [],
    });
  });

  test('none: what passes tells its warnings, and what it inherits', () => {
    const old = testModel({ datastores: [keyless] });
    const head = testModel({ datastores: [keyless, testDatastore('retail/sales/more')] });
    expect(verdictOf(old, head, 4)).toEqual({
      verdict: 'pass',
      phase: null,
      rules: ['nothing-inside'],
      inherited: ['keyless-dataset'],
    });
  });
});

test('a verdict records when it was made, of whom, and every attribute that changes', () => {
  const verdict = review(proposalOf(testModel({}), testModel({ reporting: { doc: 'x' } }), 5), testFacts, { asOfMs });
  expect(verdict).toEqual({
    verdict: 'pass',
    phase: null,
    asOfMs,
    origin: approvedBy(5),
    changes: [{ address: 'retail/insight/reporting', path: ['doc'], before: null, after: '"x"' }],
    findings: [],
    inherited: [],
    consents: [],
  });
});

test('no order of changes or findings changes a verdict', () => {
  const proposal = proposalOf(
    testModel({}),
    testModel({ datastores: [warned], reporting: { doc: 'x' }, sales: { doc: 'y' } }),
  );
  const { head } = proposal;
  const mixed = {
    ...proposal,
    changes: [...proposal.changes].reverse(),
    head: { ...head, findings: [...head.findings].reverse() },
  };
  expect(review(mixed, testFacts, { asOfMs })).toEqual(review(proposal, testFacts, { asOfMs }));
});

describe('files are not what is owned', () => {
  const mesh = `import { approvers, mesh, user, zone } from 'freehold';
const owner = (id) => approvers([user(id)]);
export default mesh('acme', { language: 1, owner: owner(1), zones: { retail: owner(2) }, environments: {} });`;
  const zone = `export const retail = zone('retail', { teams: { sales: { owner: owner(4) }, insight: { owner: owner(5) } } });`;
  const orders = (doc: string) => `import { cdc, datastore, int32, table } from 'freehold';
export default datastore('retail/sales/orders', { doc: '${doc}', source: 'shop', changes: cdc(), datasets: { a: table({ key: ['id'] }, { id: int32() }) } });`;
  const reporting = (latency: string) => `import { group, workspace } from 'freehold';
export const w = workspace('retail/insight/reporting', { groups: { g: group({ latency: '${latency}', read: ['retail/sales/orders.*'] }) } });`;
  const inOne = (doc: string, latency: string) => ({
    'mesh.ts': `${mesh}\n${zone}`,
    'retail.ts': `${orders(doc)}\n${reporting(latency)}`,
  });
  const apart = (doc: string, latency: string) => ({
    'somewhere/else/mesh.ts': `${mesh}\n${zone}`,
    'retail/insight/looks-like-ours/orders.ts': orders(doc),
    'retail/sales/reporting.ts': reporting(latency),
  });

  const layouts = { inOne, apart };
  const names = ['inOne', 'apart'] as const;
  const ways = names.flatMap((from) => names.map((to) => ({ from, to })));

  test.each(ways)('moving, renaming and splitting them changes no verdict: from $from to $to', async ({ from, to }) => {
    const [base, same, changed] = await Promise.all([
      loaded(layouts[from]('Orders.', '10s')),
      loaded(layouts[to]('Orders.', '10s')),
      loaded(layouts[to]('Ours now.', '5s')),
    ]);
    const verdict = (head: typeof base, ...approvers: number[]) => {
      if (base.model === null || head.model === null) throw new Error(JSON.stringify([base.findings, head.findings]));
      const sides = { base: { places: base.places }, head: { places: head.places } };
      return review(propose(base.model, head.model, approvedBy(...approvers), sides), testFacts, { asOfMs });
    };
    // Nothing of the model changes: nobody is asked.
    expect(verdict(same)).toMatchObject({ verdict: 'pass', changes: [] });
    expect(verdict(changed, 4, 5)).toMatchObject({ verdict: 'pass' });
    const told = (...approvers: number[]) =>
      verdict(changed, ...approvers).findings.map(({ id, at }) => ({ id, isPlaced: at !== null }));
    const expected = (address: string, message: string) => ({
      id: finding({ rule: 'not-the-owner', address, message, help: '' }).id,
      isPlaced: true,
    });
    const origin = (user: number) => `a branch of the model's own repository, approved by user ${user}`;
    expect(told(5)).toEqual([
      expected(
        'retail/sales/orders',
        `datastore 'retail/sales/orders' is the word of team 'retail/sales' (approvers user 4), and this change, from ${origin(5)}, changes doc of 'retail/sales/orders' from "Orders." to "Ours now.".`,
      ),
    ]);
    expect(told(4)).toEqual([
      expected(
        'retail/insight/reporting.g',
        `workspace 'retail/insight/reporting' is the word of team 'retail/insight' (approvers user 5), and this change, from ${origin(4)}, changes latency of 'retail/insight/reporting.g' from "10s" to "5s".`,
      ),
    ]);
  });
});
