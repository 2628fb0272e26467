import { describe, expect, test } from 'vitest';
import { testFacts } from '../check/testing/facts.ts';
import { testColumns, testDatastore, testModel } from '../check/testing/model.ts';
import { finding } from '../findings/make.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Model } from '../model/model.ts';
import { causedBy } from './causality.ts';
import { review } from './review.ts';
import { approvedBy, propose } from './testing/propose.ts';

const asOfMs = Date.parse('2026-06-01T12:00:00Z');

/** What a change causes and what it inherits, each as `rule address`. */
function causes(before: Model, after: Model) {
  const [base, head] = [canonicalModel(before), canonicalModel(after)];
  const { caused, inherited } = causedBy(sidesOf(base, head));
  const short = (findings: typeof caused) => findings.map(({ rule, address }) => `${rule} ${address}`);
  return { caused: short(caused), inherited: short(inherited) };
}

function sidesOf(base: Model, head: Model, ...approvers: number[]) {
  return propose(base, head, approvedBy(...approvers), { asOfMs });
}

const keyless = { columns: testColumns };
const stock = (parts = {}) => testDatastore('retail/sales/stock', { datasets: { a: keyless, b: keyless }, ...parts });
const found = (dataset: string) => `keyless-dataset retail/sales/stock.${dataset}`;

describe('a finding is of the change that causes it', () => {
  test('what base has too, elsewhere, is inherited', () => {
    const old = testModel({ datastores: [stock()] });
    expect(causes(old, testModel({ datastores: [stock()], orders: { doc: 'x', datasets: {} } }))).toEqual({
      caused: ['nothing-inside retail/insight/reporting.dashboard', 'nothing-inside retail/sales/orders'],
      inherited: [found('a'), found('b')],
    });
  });

  test('what base does not have is caused, whatever was touched', () => {
    expect(causes(testModel({}), testModel({ datastores: [stock()] }))).toEqual({
      caused: [found('a'), found('b')],
      inherited: [],
    });
  });

  test('what is about a thing that changed, or is in or around it, is answered for; what is beside it is not', () => {
    const old = testModel({ datastores: [stock()] });
    const beside = (parts: object) => causes(old, testModel({ datastores: [stock(parts)] }));
    const renamed = { columns: { ...testColumns, name: { type: { kind: 'text' } } } };
    expect(beside({ datasets: { a: renamed, b: keyless } })).toEqual({ caused: [found('a')], inherited: [found('b')] });
    expect(beside({ doc: 'x' })).toEqual({ caused: [found('a'), found('b')], inherited: [] });
    expect(beside({ datasets: { a: keyless, b: keyless, c: { key: ['id'], ...keyless } } })).toEqual({
      caused: [],
      inherited: [found('a'), found('b')],
    });
  });

  test('who touches the mesh or a zone answers for the part that was touched', () => {
    const owner = { kind: 'approvers', host: 'github.com', users: [7] } as const;
    const zones = { retail: testModel({}).mesh.owner, risk: owner, legal: owner };
    const old = testModel({ mesh: { zones } });
    const empty = ['nothing-inside mesh', 'nothing-inside mesh'];
    expect(causes(testModel({}), old)).toEqual({ caused: empty, inherited: [] });
    expect(causes(old, testModel({ mesh: { zones, doc: 'Acme' } }))).toEqual({ caused: [], inherited: empty });
    const renamed = { ...zones, risk: { ...owner, users: [8] } };
    expect(causes(old, testModel({ mesh: { zones: renamed } }))).toEqual({
      caused: empty.slice(1),
      inherited: empty.slice(1),
    });
  });

  test('of a team, who touches the team', () => {
    const of = (address: string) => finding({ rule: 'some-rule', address, message: 'm', help: 'h' });
    const findings = [of('retail/sales'), of('retail/insight'), of('retail')];
    const [base, head] = [testModel({}), testModel({ sales: { doc: 'x' } })].map(canonicalModel);
    if (base === undefined || head === undefined) throw new Error('no models');
    const { caused } = causedBy(propose(base, head, approvedBy(2), { base: { findings }, head: { findings } }));
    expect(caused.map(({ address }) => address)).toEqual(['retail/sales']);
  });

  test('what is about a file of base as well is in nobody’s way, and without a base everything is caused', () => {
    const unread = finding({ rule: 'bad-consent-file', message: 'm', help: 'h' });
    const model = canonicalModel(testModel({}));
    const sides = { base: { findings: [unread] }, head: { findings: [unread] } };
    expect(causedBy(propose(model, model, approvedBy(), sides))).toEqual({ caused: [], inherited: [unread] });
    expect(causedBy(propose(null, model, approvedBy(), sides)).caused).toEqual([unread]);
  });
});

describe('two changes that are each sound alone and not together', () => {
  const columns = { ...testColumns, fax: { type: { kind: 'text' }, nullable: true } } as const;
  const reads = { dashboard: { read: [{ from: 'retail/sales/orders.customers', columns: ['id', 'fax'] }] } };
  const idle = { dashboard: { read: [{ from: 'retail/sales/orders.customers', columns: ['id'] }] } };
  const base = canonicalModel(testModel({ columns, ...idle }));
  const without = canonicalModel(testModel({ ...idle }));
  const reading = canonicalModel(testModel({ columns, ...reads }));
  const both = canonicalModel(testModel({ ...reads }));
  const verdict = (from: Model, to: Model, user: number) => {
    const { verdict, findings } = review(sidesOf(from, to, user), testFacts, { asOfMs });
    return {
      verdict,
      rules: findings.filter(({ severity }) => severity === 'error').map(({ rule, address }) => `${rule} ${address}`),
    };
  };
  const blocked = { verdict: 'blocked', rules: ['unknown-column retail/insight/reporting.dashboard'] };
  const passes = { verdict: 'pass', rules: [] };

  test('each passes alone', () => {
    expect(verdict(base, without, 4)).toEqual(passes);
    expect(verdict(base, reading, 5)).toEqual(passes);
  });

  test('the second is blocked, in both orders, since head is the result of the merge', () => {
    expect(verdict(without, both, 5)).toEqual(blocked);
    expect(verdict(reading, both, 4)).toEqual(blocked);
  });

  test('so is the second step of a merge group, which is reviewed step by step', () => {
    const group = (...steps: readonly { readonly to: Model; readonly user: number }[]) =>
      steps.map(({ to, user }, at) => verdict(steps[at - 1]?.to ?? base, to, user).verdict);
    expect(group({ to: without, user: 4 }, { to: both, user: 5 })).toEqual(['pass', 'blocked']);
    expect(group({ to: reading, user: 5 }, { to: both, user: 4 })).toEqual(['pass', 'blocked']);
  });
});
