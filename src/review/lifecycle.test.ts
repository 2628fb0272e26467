import { describe, expect, test } from 'vitest';
import { must } from '../base/must.ts';
import { testFacts } from '../check/testing/facts.ts';
import { testColumns, testDatastore, testModel } from '../check/testing/model.ts';
import { testOffer } from '../check/testing/offer.ts';
import { sqlParser } from '../load/sql-parser.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Dataset, Deprecation, Model, Transformer, Workspace, Zone } from '../model/model.ts';
import { lifecycle } from './lifecycle.ts';
import { approvedBy, propose } from './testing/propose.ts';

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

function proposed(before: Model | null, after: Model) {
  return propose(before === null ? null : canonicalModel(before), canonicalModel(after), approvedBy());
}

function found(before: Model | null, after: Model, at = asOfMs): string[] {
  return lifecycle(proposed(before, after), testFacts, at).map(
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
    const [finding] = lifecycle(proposed(model({}), until('2026-07-14')), testFacts, asOfMs);
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

  test('nor is a workspace that moves as it was offered: it changes nothing, and is asked at its next change', () => {
    const before = until('2026-08-01');
    const reporting = must(before.workspaces['retail/insight/reporting'], 'the workspace');
    const to = { kind: 'approvers', host: 'github.com', users: [4] } as const;
    const offer = testOffer('retail/insight/reporting', { to, as: 'retail/sales/reporting' }, before);
    const moved = { 'retail/sales/reporting': { ...reporting, address: 'retail/sales/reporting' } };
    const head = (workspaces: Model['workspaces']) => canonicalModel({ ...before, workspaces });
    const base = canonicalModel({ ...before, offers: { gift: offer } });
    const rules = (from: Model, next: Model) =>
      lifecycle(propose(from, next, approvedBy(4)), testFacts, asOfMs).map(({ rule }) => rule);
    expect(rules(base, head(moved))).toEqual([]);
    const edited = { 'retail/sales/reporting': { ...moved['retail/sales/reporting'], doc: 'mine' } };
    expect(rules(head(moved), head(edited))).toEqual(['not-acknowledged']);
  });

  test('to build anew on what will go is a warning, to go on is none', () => {
    const elsewhere = model({ deprecated, reporting: { groups: {} } });
    expect(found(elsewhere, unacknowledged('a', { acknowledges }))).toEqual([
      `warning newly-deprecated-read retail/insight/reporting.dashboard: this change makes group 'retail/insight/reporting.dashboard' read dataset '${customers}', which is deprecated and may be gone from 2026-12-31 on.`,
    ]);
    expect(found(model({}), unacknowledged('a', { acknowledges }))).toEqual([]);
  });
});

const parseSql = await sqlParser();

describe('a transformer reads what its queries use', () => {
  const fax = 'retail/sales/orders.customers#fax';
  const deprecated = { removal: '2026-12-31' };
  const made = testDatastore('retail/insight/made', {
    changes: { mode: 'output', transformer: 'retail/insight/make' },
    datasets: { t: { key: ['id'], columns: { id: { type: { kind: 'int', bits: 32 } } } } },
  });
  const { source: _, ...output } = made;
  /** `doc` so that something of it changes, whatever the query. */
  const makes = (query: string, doc: string, more: Partial<Transformer> = {}, removal = deprecated) =>
    testModel({
      columns: { fax: { type: { kind: 'text' }, nullable: true, deprecated: removal } },
      reporting: { groups: {} },
      datastores: [output],
      transformers: [
        {
          address: 'retail/insight/make',
          doc,
          reads: { c: { from: customers } },
          code: { kind: 'sql', dialect: 'postgres', queries: { t: query } },
          ...more,
        },
      ],
    });
  const rules = (before: Model, after: Model) =>
    lifecycle(proposed(before, after), testFacts, asOfMs, parseSql).map(({ rule }) => rule);

  test.each([
    ['select id from c', []],
    ["select id from c where name <> 'fax'", []],
    ['select id from (select * from c) x', []],
    ['select id from c where fax is null', ['not-acknowledged']],
    ['select id, fax from c', ['not-acknowledged']],
    ['select * from c', ['not-acknowledged']],
    ['select id from (select id, fax from c) x', ['not-acknowledged']],
    ['select id from c join c d using (fax, id)', ['not-acknowledged']],
    ['select id from c natural join c d', ['not-acknowledged']],
    ['no select at all', ['not-acknowledged']],
  ])('%s', (query, expected) => {
    expect(rules(makes(query, 'a'), makes(query, 'b'))).toEqual(expected);
  });

  test('and what it lists, whatever its queries use', () => {
    const reads = { c: { from: customers, columns: ['id', 'fax'] } };
    expect(rules(makes('select id from c', 'a', { reads }), makes('select id from c', 'b', { reads }))).toEqual([
      'not-acknowledged',
    ]);
  });

  test('a query that begins to use what will go is told, though the transformer took the column before', () => {
    const acknowledges = [fax];
    const [before, after] = ['select id from c', 'select id from c where fax is null'].map((query) =>
      makes(query, 'a', { acknowledges }),
    );
    expect(rules(must(before, 'before'), must(after, 'after'))).toEqual(['newly-deprecated-read']);
    expect(rules(must(after, 'after'), makes('select id from c where fax <> name', 'a', { acknowledges }))).toEqual([]);
  });

  test('one whose day has come no longer blocks a transformer that does not use it', () => {
    const past = { removal: '2026-01-01' };
    const at = (query: string, doc: string) => makes(query, doc, { acknowledges: [fax] }, past);
    expect(rules(at('select id from c', 'a'), at('select id from c', 'b'))).toEqual([]);
    expect(rules(at('select id, fax from c', 'a'), at('select id, fax from c', 'b'))).toEqual(['past-removal']);
  });

  test('where nothing reads SQL, all that it takes', () => {
    const [before, after] = [makes('select id from c', 'a'), makes('select id from c', 'b')];
    const told = lifecycle(proposed(before, after), testFacts, asOfMs);
    expect(told.map(({ rule }) => rule)).toEqual(['not-acknowledged']);
  });
});
