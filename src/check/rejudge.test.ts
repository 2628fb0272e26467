import { expect, test } from 'vitest';
import { must } from '../base/must.ts';
import { random } from '../flow/testing/reference.ts';
import { lookupIn } from '../model/lookup.ts';
import type { Model } from '../model/model.ts';
import { nameText, objectNamed } from '../model/named.ts';
import { digestObject, type ModelObject, objectsOf } from '../model/object.ts';
import { askOf, judgeObject } from './draft.ts';
import { around, judgementOf } from './judgement.ts';
import { joined, type Kept, keptWith, nothingKept, type Rejudged } from './kept.ts';
import type { Change } from './questions.ts';
import { rejudge } from './rejudge.ts';
import { testFacts } from './testing/facts.ts';
import { container, testColumns, testDatastore, testModel } from './testing/model.ts';
import { drawModel, edited, modelOf } from './testing/random-model.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));
const meshes = 10;
const editsEach = 1_000;
const dayMs = 86_400_000;

test(`after any edit, and whatever days pass, judging again what it touched is judging all (seed ${seed})`, () => {
  for (let mesh = 0; mesh < meshes; mesh++) {
    const rnd = random(seed + mesh);
    let drawn = drawModel(rnd, 24 + 3 * mesh);
    let model = modelOf(drawn);
    let asOfMs = Date.parse('2026-01-15T00:00:00Z');
    let whole = rejudge(nothingKept, changesOf(null, model), aroundIn(model, asOfMs));
    let base = keptWith(nothingKept, whole, asOfMs);
    let since: Rejudged = new Map();
    for (let edit = 0; edit < editsEach; edit++) {
      const next = edited(rnd, drawn);
      const head = modelOf(next);
      const kept = keptWith(base, since, asOfMs);
      if (rnd() < 0.1) asOfMs += Math.floor((rnd() - 0.4) * 200) * dayMs;
      const rejudged = rejudge(kept, changesOf(model, head), aroundIn(head, asOfMs));
      [since, whole] = [joined(since, rejudged), joined(whole, rejudged)];
      const now = keptWith(base, since, asOfMs);
      expectAll(now, head, asOfMs, edit % 25 === 0, `mesh ${mesh}, edit ${edit}`);
      // A base of its own from time to time, as when a proposal is merged.
      if (edit % 20 === 0) [base, since] = [keptWith(nothingKept, whole, asOfMs), new Map()];
      [drawn, model] = [next, head];
    }
  }
}, 120_000);

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

test('a judgement is plain JSON, and stands until the first of the days begins that it asked about', () => {
  const model = testModel({ orders: { production: true, deprecated: { removal: '2026-06-30' } } });
  const object = {
    kind: 'datastore',
    address: 'retail/sales/orders',
    noun: must(model.datastores['retail/sales/orders'], ''),
  } as const;
  const judgement = judgementOf(object, aroundIn(model, 0));
  expect(JSON.parse(JSON.stringify(judgement))).toEqual(judgement);
});

/** What is kept of each object is what judging it says; and, where asked, rests on what that rests on. */
function expectAll(kept: Kept, model: Model, asOfMs: number, withReads: boolean, when: string): void {
  const lookup = lookupIn(model);
  const ask = askOf(lookup, testFacts, asOfMs);
  const anew = aroundIn(model, asOfMs);
  for (const object of objectsOf(model)) {
    const judgement = kept.judgement(object);
    const [is, should] = withReads
      ? [judgement, judgementOf(object, anew)]
      : [judgement?.drafts, judgeObject(object, ask)];
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
  return around(lookup, testFacts, asOfMs, (kind, address) => {
    const object = objectNamed(lookup, { kind, address });
    return object === null ? null : digestOf(object);
  });
}

const digests = new WeakMap<object, string>();

/** Nouns that an edit leaves alone are the same values. */
function digestOf(object: ModelObject): string {
  const digest = digests.get(object.noun) ?? digestObject(object);
  digests.set(object.noun, digest);
  return digest;
}
