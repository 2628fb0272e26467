import { expect, test } from 'vitest';
import { must } from '../base/must.ts';
import { random } from '../flow/testing/reference.ts';
import { sqlParser } from '../load/sql-parser.ts';
import { lookupIn } from '../model/lookup.ts';
import type { Model } from '../model/model.ts';
import { nameText, objectNamed } from '../model/named.ts';
import { digestObject, type Kind, type ModelObject, objectsOf } from '../model/object.ts';
import { askOf, judgeObject } from './draft.ts';
import { around, judgementOf } from './judgement.ts';
import { joined, type Kept, keptWith, nothingKept, type Rejudged } from './kept.ts';
import type { Change } from './questions.ts';
import { rejudge } from './rejudge.ts';
import type { Rule } from './rule.ts';
import { rules } from './rules.ts';
import { spotOf } from './spots.ts';
import { testFacts } from './testing/facts.ts';
import { container, testColumns, testDatastore, testModel } from './testing/model.ts';
import { drawModel, edited, modelOf } from './testing/random-model.ts';

const parseSql = await sqlParser();
const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));
const meshes = 10;
const editsEach = 1_000;
const dayMs = 86_400_000;

/** Of time, which few rules ask about. */
const removalBegun: Rule = {
  name: 'removal-begun',
  judges: {
    *datastore({ address, deprecated }, ask) {
      if (deprecated === undefined || !ask.isReached(deprecated.removal)) return;
      yield { message: `it may be gone since ${deprecated.removal}`, help: 'Remove it.', at: spotOf(address) };
    },
  },
};
const allRules = [...rules, removalBegun];

test(`after any edit, and whatever days pass, judging again what it touched is judging all (seed ${seed})`, () => {
  for (let mesh = 0; mesh < meshes; mesh++) {
    const rnd = random(seed + mesh);
    const size = 18 + 2 * mesh;
    let drawn = drawModel(rnd, size);
    let model = modelOf(drawn);
    let asOfMs = Date.parse('2026-01-15T00:00:00Z');
    let whole = rejudge(nothingKept, changesOf(null, model), aroundIn(model, asOfMs));
    let base = keptWith(nothingKept, whole, asOfMs);
    let since: Rejudged = new Map();
    for (let edit = 0; edit < editsEach; edit++) {
      const next = edited(rnd, drawn, size);
      const head = modelOf(next);
      const kept = keptWith(base, since, asOfMs);
      if (rnd() < 0.1) asOfMs += Math.floor((rnd() - 0.4) * 200) * dayMs;
      const rejudged = rejudge(kept, changesOf(model, head), aroundIn(head, asOfMs));
      [since, whole] = [joined(since, rejudged), joined(whole, rejudged)];
      const now = keptWith(base, since, asOfMs);
      // What is stale stays so until something touches it: all are compared now and then, and some after every edit.
      const isAll = edit % 20 === 0;
      const compared = [...objectsOf(head)].filter(() => isAll || rnd() < 0.15);
      expectSame(now, compared, head, asOfMs, isAll, `mesh ${mesh}, edit ${edit}`);
      // A base of its own from time to time, as when a proposal is merged.
      if (isAll) [base, since] = [keptWith(nothingKept, whole, asOfMs), new Map()];
      [drawn, model] = [next, head];
    }
  }
}, 600_000);

test('a change of one team in a model of 2,000 objects is a handful of work', () => {
  const model = sizedModel(1_000);
  const kept = keptWith(nothingKept, rejudge(nothingKept, changesOf(null, model), aroundIn(model, 0)), 0);
  const rejudgedBy = (head: Model) => {
    const rejudged = rejudge(kept, changesOf(model, head), aroundIn(head, 0));
    return [...rejudged.keys()].sort();
  };

  const datastore = model.datastores['retail/t7/s7'] ?? testDatastore('');
  const changed = { ...datastore, doc: 'Of seven.' };
  expect(rejudgedBy({ ...model, datastores: { ...model.datastores, [changed.address]: changed } })).toEqual([
    'datastore retail/t7/s7',
    'workspace retail/t7/w7',
  ]);

  const retail = model.zones.retail ?? { name: 'retail', teams: {} };
  const t7 = { owner: retail.teams.t7?.owner ?? model.mesh.owner, may: { labels: ['pii'] } };
  expect(rejudgedBy({ ...model, zones: { retail: { ...retail, teams: { ...retail.teams, t7 } } } })).toEqual([
    'datastore retail/t7/s7',
    'workspace retail/t7/w7',
    'zone retail',
  ]);

  const prod = must(model.environments.prod, 'prod');
  const crm = container();
  expect(
    rejudgedBy({ ...model, environments: { prod: { ...prod, connections: { ...prod.connections, crm } } } }),
  ).toEqual(['environment environment:prod']);
});

test('a judgement stands until the first of the days begins that it asked about, and is judged again then', () => {
  const orders = { deprecated: { removal: '2026-06-30' } };
  const model = testModel({ orders });
  const before = Date.parse('2026-06-29T23:59:59Z');
  const after = Date.parse('2026-06-30T00:00:00Z');
  const kept = keptWith(nothingKept, rejudge(nothingKept, changesOf(null, model), aroundIn(model, before)), before);
  const object = { kind: 'datastore', address: 'retail/sales/orders' } as const;
  // Its reader is asked whether it has acknowledged the deprecation.
  const asking = ['datastore retail/sales/orders', 'workspace retail/insight/reporting'];
  expect(kept.judgement(object)).toMatchObject({ drafts: [], validUntilMs: after });
  expect([...rejudge(kept, [], aroundIn(model, after - 1)).keys()]).toEqual([]);

  const rejudged = rejudge(kept, [], aroundIn(model, after));
  expect([...rejudged.keys()].sort()).toEqual(asking);
  const now = keptWith(kept, rejudged, after);
  expect(now.judgement(object)?.drafts).toMatchObject([
    { rule: 'removal-begun', message: 'it may be gone since 2026-06-30' },
  ]);
  expect([...rejudge(now, [], aroundIn(model, before)).keys()].sort()).toEqual(asking);
});

test('a judgement is plain JSON', () => {
  const model = testModel({ customers: { key: ['nothing'] } });
  const [, object] = [...objectsOf(model)].filter(({ kind }) => kind === 'zone' || kind === 'datastore');
  const judgement = judgementOf(must(object, 'datastore'), aroundIn(model, 0));
  expect(judgement.drafts).toHaveLength(1);
  expect(JSON.parse(JSON.stringify(judgement))).toEqual(judgement);
});

/** What is kept of each object is what judging it says; and, where asked, rests on what that rests on. */
function expectSame(
  kept: Kept,
  objects: readonly ModelObject[],
  model: Model,
  asOfMs: number,
  withReads: boolean,
  when: string,
): void {
  const lookup = lookupIn(model);
  const ask = askOf(lookup, testFacts, asOfMs, parseSql);
  const anew = aroundIn(model, asOfMs);
  for (const object of objects) {
    const judgement = kept.judgement(object);
    const [is, should] = withReads
      ? [judgement, judgementOf(object, anew)]
      : [judgement?.drafts, judgeObject(object, ask, allRules)];
    // Compared as text first: the test runner takes a minute to compare half a million values.
    if (JSON.stringify(is) !== JSON.stringify(should)) expect(is, `${when}, ${nameText(object)}`).toEqual(should);
  }
}

/** A datastore and a workspace for each of so many teams. */
function sizedModel(teams: number): Model {
  const numbers = Array.from({ length: teams }, (_, i) => i);
  const model = testModel({
    datastores: numbers.map((i) =>
      testDatastore(`retail/t${i}/s${i}`, { datasets: { d: { key: ['id'], from: `s${i}.d`, columns: testColumns } } }),
    ),
    workspaces: numbers.map((i) => {
      return { address: `retail/t${i}/w${i}`, groups: { g: { read: [{ from: `retail/t${i}/s${i}.*` }] } } };
    }),
  });
  const owners = Object.fromEntries(numbers.map((i) => [`t${i}`, { owner: model.mesh.owner }]));
  const retail = { name: 'retail', teams: { ...model.zones.retail?.teams, ...owners } };
  return { ...model, zones: { retail } };
}

function changesOf(before: Model | null, after: Model): readonly Change[] {
  const named = (model: Model | null) =>
    new Map((model === null ? [] : [...objectsOf(model)]).map((object) => [nameText(object), object]));
  const [was, is] = [named(before), named(after)];
  const names = new Set([...was.keys(), ...is.keys()]);
  return [...names].flatMap((name): Change[] => {
    const [one, other] = [was.get(name) ?? null, is.get(name) ?? null];
    return one !== null && other !== null && digestOf(one) === digestOf(other) ? [] : [{ before: one, after: other }];
  });
}

function aroundIn(model: Model, asOfMs: number) {
  const lookup = lookupIn(model);
  const digestAt = (kind: Kind, address: string) => {
    const object = objectNamed(lookup, { kind, address });
    return object === null ? null : digestOf(object);
  };
  return around(lookup, testFacts, asOfMs, { parseSql, digestAt, rules: allRules });
}

const digests = new WeakMap<object, string>();

/** Nouns that an edit leaves alone are the same values. */
function digestOf(object: ModelObject): string {
  const digest = digests.get(object.noun) ?? digestObject(object);
  digests.set(object.noun, digest);
  return digest;
}
