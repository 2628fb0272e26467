import { describe, expect, test } from 'vitest';
import { testFacts } from '../check/testing/facts.ts';
import { testColumns, testModel } from '../check/testing/model.ts';
import type { Dataset, Deprecation, Model, Workspace, Zone } from '../model/model.ts';
import { lifecycle } from './lifecycle.ts';
import { testProposal } from './testing/sides.ts';

const asOfMs = Date.parse('2026-06-15T18:00:00Z');
const customers = 'retail/sales/orders.customers';

type Parts = {
  readonly deprecated?: Deprecation;
  readonly zone?: Partial<Zone>;
  readonly reporting?: Partial<Workspace>;
  readonly customers?: Partial<Dataset>;
};

function model({ deprecated, zone = {}, reporting = {}, ...parts }: Parts): Model {
  return testModel({
    zone,
    reporting,
    customers: { ...(deprecated === undefined ? {} : { deprecated }), ...parts.customers },
  });
}

function found(before: Model | null, after: Model, at = asOfMs): string[] {
  return lifecycle(testProposal(before, after, { asOfMs: at }), testFacts, at).map(
    ({ severity, rule, address, message }) => `${severity} ${rule} ${address}: ${message}`,
  );
}

const until = (removal: string) => model({ deprecated: { removal } });

describe('an end is announced in time', () => {
  test('30 days from the day of the review on, where the zone says nothing', () => {
    expect(found(model({}), until('2026-07-15'))).toEqual([]);
    expect(found(model({}), until('2026-07-14'))).toEqual([
      `error notice-too-short ${customers}: this change calls dataset '${customers}' deprecated, to be gone from 2026-07-14 on, and zone 'retail' gives its readers a notice of 30d.`,
    ]);
  });

  test('and the finding names the first day that will do', () => {
    const [finding] = lifecycle(testProposal(model({}), until('2026-07-14')), testFacts, asOfMs);
    expect(finding).toMatchObject({
      help: "Set  removal: '2026-07-15'  or a later day.",
      owner: 'approvers user 4',
    });
  });

  test('the notice is that of the zone in base: a change cannot shorten it for itself', () => {
    const zone = { notice: '90d' };
    const deprecated = { removal: '2026-07-15' };
    expect(found(model({ zone }), model({ zone, deprecated }))).toHaveLength(1);
    expect(found(model({ zone }), model({ deprecated }))).toHaveLength(1);
    expect(found(model({ zone: { notice: '1h' } }), until('2026-06-16'))).toEqual([]);
  });

  test('what was announced stays good, may be put off, and comes no nearer without notice', () => {
    expect(found(until('2026-06-20'), model({ deprecated: { removal: '2026-06-20', reason: 'x' } }))).toEqual([]);
    expect(found(until('2026-06-20'), until('2026-06-21'))).toEqual([]);
    expect(found(until('2026-12-31'), until('2026-07-15'))).toEqual([]);
    expect(found(until('2026-12-31'), until('2026-07-14'))).toEqual([
      `error notice-too-short ${customers}: this change moves the removal of dataset '${customers}' from 2026-12-31 to 2026-07-14, and zone 'retail' gives its readers a notice of 30d.`,
    ]);
  });

  test('what was taken back begins anew', () => {
    expect(found(until('2026-06-20'), model({}))).toEqual([]);
    expect(found(model({}), until('2026-06-20'))).toHaveLength(1);
  });

  test('a new name is no new thing', () => {
    const renamed = (removal: string) =>
      testModel({
        orders: {
          datasets: {
            clients: { key: ['id'], formerly: ['customers'], columns: testColumns, deprecated: { removal } },
          },
        },
      });
    expect(found(until('2026-06-20'), renamed('2026-06-20'))).toEqual([]);
    expect(found(until('2026-06-20'), renamed('2026-06-19'))).toHaveLength(1);
    const column = (name: string, removal: string, formerly: readonly string[] = []) =>
      testModel({ columns: { [name]: { type: { kind: 'text' }, formerly, deprecated: { removal } } } });
    expect(found(column('fax', '2026-06-20'), column('telefax', '2026-06-20', ['fax']))).toEqual([]);
    expect(found(column('fax', '2026-06-20'), column('telefax', '2026-06-19', ['fax']))).toHaveLength(1);
  });

  test('a first model has nobody to give notice to', () => {
    expect(found(null, until('2026-06-16'))).toEqual([]);
  });
});

describe('whose move it is', () => {
  const deprecated = { removal: '2026-12-31' };
  const unacknowledged = (doc: string, more: Partial<Workspace> = {}) =>
    model({ deprecated, reporting: { doc, ...more } });
  const acknowledges = [customers];

  test('the producer who deprecates is not held up by readers', () => {
    expect(found(model({}), until('2026-12-31'))).toEqual([]);
  });

  test('nor is anybody else', () => {
    const other = { ...until('2026-12-31'), zones: testModel({ zone: { doc: 'x' } }).zones };
    expect(found(until('2026-12-31'), other)).toEqual([]);
  });

  test('a reader who has not acknowledged is, at its next change, whatever that is', () => {
    expect(found(unacknowledged('a'), unacknowledged('b'))).toEqual([
      `error not-acknowledged retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' reads dataset '${customers}', which is deprecated and may be gone from 2026-12-31 on; workspace 'retail/insight/reporting' does not say that it knows.`,
    ]);
    expect(found(unacknowledged('a'), unacknowledged('b', { acknowledges }))).toEqual([]);
    expect(found(unacknowledged('a', { acknowledges }), unacknowledged('a'))).toHaveLength(1);
  });

  test('a reader is, from the day of removal on, though it acknowledged', () => {
    const [before, after] = [unacknowledged('a', { acknowledges }), unacknowledged('b', { acknowledges })];
    const day = Date.parse('2026-12-31T00:00:00Z');
    expect(found(before, after, day - 1)).toEqual([]);
    expect(found(before, after, day).map((line) => line.split(' ')[1])).toEqual(['past-removal']);
  });

  test('to build anew on what will go is a warning, to go on is none', () => {
    const elsewhere = model({ deprecated, reporting: { groups: {} } });
    expect(found(elsewhere, unacknowledged('a', { acknowledges }))).toEqual([
      `warning newly-deprecated-read retail/insight/reporting.dashboard: this change makes group 'retail/insight/reporting.dashboard' read dataset '${customers}', which is deprecated and may be gone from 2026-12-31 on.`,
    ]);
    expect(found(model({}), unacknowledged('a', { acknowledges }))).toEqual([]);
  });
});
