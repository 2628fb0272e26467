import { expect, test } from 'vitest';
import { testFacts } from '../../check/testing/facts.ts';
import { testDatastore, testModel } from '../../check/testing/model.ts';
import { seeded } from '../../cli/demo/company/random.ts';
import { canonicalModel } from '../../model/canonical.ts';
import type { Column, Mesh, Model } from '../../model/model.ts';
import { compatibility } from '../compatibility.ts';
import { noOrigin } from '../origin.ts';
import { review } from '../review.ts';
import { approvedBy, propose } from '../testing/propose.ts';

const text: Column = { type: { kind: 'text' } };
const asOfMs = Date.parse('2026-06-15T00:00:00Z');

/** Columns of zone retail: `id` of no level of its own, `name` confidential and personal; of zone risk: `iban`, internal. */
function model(mesh: Partial<Mesh>, orders: Parameters<typeof testModel>[0] = {}): Model {
  const made = testModel({
    columns: { name: { ...text, nullable: true, level: 'confidential', labels: ['pii'] } },
    datastores: [
      testDatastore('risk/audit/books', { datasets: { t: { columns: { iban: { ...text, level: 'internal' } } } } }),
    ],
    dashboard: {
      read: [{ from: 'retail/sales/orders.customers', columns: ['id'] }],
      regulator: 'BaFin',
      retention: '10y',
    },
    reporting: { clearance: 'confidential', labels: ['pii'] },
    insight: { may: { clearance: 'confidential', labels: ['pii'] } },
    ...orders,
  });
  const owner = { kind: 'approvers', host: 'github.com', users: [7] } as const;
  return {
    ...made,
    mesh: {
      ...made.mesh,
      zones: { ...made.mesh.zones, risk: owner },
      vendors: { own: ['eu/berlin', 'us/austin'] },
      ...words,
      ...mesh,
    },
    zones: { ...made.zones, risk: { name: 'risk', teams: { audit: { owner } } } },
  };
}

const words = {
  classification: {
    levels: ['public', 'internal', 'confidential'],
    labels: { pii: { dischargedBy: ['null'] }, mnpi: {} },
  },
  regulators: { BaFin: { minimumRetention: '5y', within: '*:eu' } },
  recovery: { signatures: 2, waiting: '14d' },
} satisfies Partial<Mesh>;

const levels = (...names: readonly string[]) => model({ classification: { ...words.classification, levels: names } });
const pii = (...dischargedBy: readonly ('null' | 'hash' | 'tokenize')[]) =>
  model({ classification: { ...words.classification, labels: { pii: { dischargedBy }, mnpi: {} } } });
const regulator = (BaFin: NonNullable<Mesh['regulators']>[string]) => model({ regulators: { BaFin } });

/** Each break on a line: `severity rule address: parties; what is said`. */
function said(base: Model, head: Model): readonly string[] {
  return compatibility(propose(canonicalModel(base), canonicalModel(head), noOrigin), testFacts, asOfMs).map(
    ({ finding: { severity, message }, rule, address, needs }) =>
      `${severity} ${rule} ${address}: ${needs.join(' + ') || 'nobody'}; ${message}`,
  );
}

const less = 'the mesh protects less than it did:';
const before = model({});

test('where the order of levels opens columns to more people, each zone that has such columns is asked', () => {
  expect(said(before, levels('public', 'confidential', 'internal'))).toEqual([
    `error protection-lowered mesh: retail; ${less} what says no level may be read with clearance 'internal' (1 column of zone 'retail', 'retail/sales/orders.customers#id'); what is of level 'confidential' may be read with clearance 'internal' (1 column of zone 'retail', 'retail/sales/orders.customers#name').`,
  ]);
  expect(said(before, levels('internal', 'public', 'confidential'))).toEqual([
    `error protection-lowered mesh: risk; ${less} what is of level 'internal' may be read without clearance and with clearance 'public' (1 column of zone 'risk', 'risk/audit/books.t#iban').`,
  ]);
});

test('a highest level that goes opens what says no level at all', () => {
  expect(said(before, levels('public', 'internal'))).toEqual([
    `error protection-lowered mesh: retail; ${less} what says no level may be read with clearance 'internal' (1 column of zone 'retail', 'retail/sales/orders.customers#id'); what is of level 'confidential' may be read with clearance 'internal' (1 column of zone 'retail', 'retail/sales/orders.customers#name').`,
  ]);
});

test('a mesh that classifies no more opens everything', () => {
  const { classification: _, ...rest } = model({}).mesh;
  expect(said(before, { ...before, mesh: rest })).toEqual([
    expect.stringContaining('error protection-lowered mesh: retail + risk; '),
  ]);
});

test('a level in between or on top opens nothing, nor do other words', () => {
  expect(said(before, levels('public', 'internal', 'restricted', 'confidential', 'secret'))).toEqual([]);
  expect(said(before, model({ doc: 'ours', vendors: { own: ['eu/berlin', 'us/austin', 'eu/paris'] } }))).toEqual([]);
});

test('a label that goes behind one more mask asks the zones whose columns bear it', () => {
  expect(said(before, pii('null', 'hash'))).toEqual([
    `error protection-lowered mesh: retail; ${less} label 'pii' goes behind 'hash' as well (1 column of zone 'retail', 'retail/sales/orders.customers#name').`,
  ]);
  expect(said(pii('null', 'hash'), before)).toEqual([]);
  // Nobody bears it.
  const labels = { ...words.classification.labels, mnpi: { dischargedBy: ['null'] } } as const;
  expect(said(before, model({ classification: { ...words.classification, labels } }))).toEqual([]);
});

test('a region that grows asks the teams whose groups answer to the regulator; one that shrinks does not', () => {
  const group = `(1 group of team 'retail/insight', 'retail/insight/reporting.dashboard').`;
  const ten = { minimumRetention: '5y' };
  expect(said(before, regulator({ ...ten, within: '*:us' }))).toEqual([
    `error protection-lowered mesh: retail/insight; ${less} regulator 'BaFin' wants rows within '*:us', and no longer within '*:eu' ${group}`,
  ]);
  expect(said(before, regulator(ten))).toEqual([
    `error protection-lowered mesh: retail/insight; ${less} regulator 'BaFin' no longer wants rows within '*:eu' ${group}`,
  ]);
  expect(said(before, regulator({ ...ten, within: 'own:eu/berlin' }))).toEqual([]);
});

test('a shorter retention is told, and asks nobody: what groups keep stays what they say', () => {
  const shorter = regulator({ minimumRetention: '1y', within: '*:eu' });
  expect(said(before, shorter)).toEqual([
    `warning protection-lowered mesh: nobody; ${less} regulator 'BaFin' demands a retention of 1y and no longer of 5y (1 group of team 'retail/insight', 'retail/insight/reporting.dashboard').`,
  ]);
  expect(said(shorter, before)).toEqual([]);
});

test('an easier recovery is told', () => {
  const terms = (signatures: number, waiting: string) => model({ recovery: { signatures, waiting } });
  expect(said(before, terms(1, '1d'))).toEqual([
    `warning protection-lowered mesh: nobody; ${less} a party whose owner is gone may be taken over with 1 signature and a waiting time of 1d, and no longer 2 signatures and a waiting time of 14d (2 zones, 1 environment).`,
  ]);
  expect(said(before, terms(3, '13d'))).toHaveLength(1);
  expect(said(before, terms(3, '14d'))).toEqual([]);
  const { recovery: _, ...none } = before.mesh;
  expect(said({ ...before, mesh: none }, before)).toHaveLength(1);
  expect(said(before, { ...before, mesh: none })).toEqual([]);
});

test('a level that goes is not lost on a column that leaves it in the same change', () => {
  const head = model(
    { classification: { ...words.classification, levels: ['public', 'internal'] } },
    { columns: { name: { ...text, nullable: true, level: 'public', labels: ['pii'] } } },
  );
  expect(new Set(said(before, head).map((line) => line.split(';')[0]))).toEqual(
    new Set([
      'error classification-lowered retail/sales/orders.customers#name: retail',
      'error protection-lowered mesh: retail',
    ]),
  );
});

test('a level that is renamed, in the mesh and on its columns, lowers nothing', () => {
  const head = model(
    { classification: { ...words.classification, levels: ['public', 'internal', 'secret'] } },
    { columns: { name: { ...text, nullable: true, level: 'secret', labels: ['pii'] } } },
  );
  expect(said(before, head)).toEqual([]);
});

test('the change of the mesh’s owner is blocked until the zone consents, and passes with its word', () => {
  const [base, head] = [canonicalModel(before), canonicalModel(pii('null', 'hash'))];
  const verdict = (...users: number[]) =>
    review(propose(base, head, approvedBy(...users), { asOfMs }), testFacts, { asOfMs });
  const alone = verdict(1);
  expect(alone).toMatchObject({ verdict: 'blocked', phase: 3 });
  expect(alone.findings.find(({ rule }) => rule === 'protection-lowered')?.help).toContain(
    "The consent of zone 'retail' (approvers user 2) is missing",
  );
  expect(verdict(1, 2)).toMatchObject({ verdict: 'pass', consents: ['review by user 2 of github.com'] });
  expect(verdict(2)).toMatchObject({ verdict: 'blocked', phase: 2 });
});

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`no change of mesh and columns opens a column to a clearance unseen (seed ${seed})`, () => {
  const random = seeded(seed);
  const all = ['a', 'b', 'c', 'd'];
  const shuffled = () =>
    all
      .filter(() => random.isLucky(0.75))
      .map((name) => ({ name, at: random.unit() }))
      .toSorted((x, y) => x.at - y.at)
      .map(({ name }) => name);
  let opened = 0;
  for (let round = 0; round < 3000; round++) {
    const side = () => {
      const names = shuffled();
      return { names, level: names.length === 0 || random.isLucky(0.3) ? undefined : random.pick(names) };
    };
    const was = side();
    const is = random.isLucky(0.4) ? { ...side(), level: was.level } : side();
    const of = ({ names, level }: ReturnType<typeof side>) =>
      testModel({
        mesh: names.length === 0 ? {} : { classification: { levels: names } },
        orders: {
          datasets: { customers: { columns: { name: { ...text, ...(level === undefined ? {} : { level }) } } } },
        },
      });
    // The simpler model: who reads, by each clearance that both meshes know, and by none.
    const reads = ({ names, level }: ReturnType<typeof side>, clearance: string | null) => {
      const rank = level === undefined || !names.includes(level) ? names.length - 1 : names.indexOf(level);
      return (clearance === null ? 0 : names.indexOf(clearance)) >= rank;
    };
    const clearances = [null, ...was.names.filter((name) => is.names.includes(name))];
    const opens = clearances.some((clearance) => reads(is, clearance) && !reads(was, clearance));
    const found = said(of(was), of(is)).filter((line) => line.includes('-lowered'));
    if (opens) opened += 1;
    if (opens) expect(found, JSON.stringify({ was, is })).not.toEqual([]);
    else if (was.level === is.level && was.names.join() === is.names.join()) expect(found).toEqual([]);
  }
  expect(opened).toBeGreaterThan(300);
});
