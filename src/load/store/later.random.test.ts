import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import { around } from '../../check/judgement.ts';
import { type DrawnModel, drawModel, edited, modelOf } from '../../check/testing/random-model.ts';
import { laterModel } from '../../cli/review/over.ts';
import { proposalOf } from '../../cli/review/proposal.ts';
import { type TreeModel, wholeModel } from '../../cli/review/sides.ts';
import { engineFacts } from '../../engines/facts.ts';
import { finding } from '../../findings/make.ts';
import { type Random, random } from '../../flow/testing/reference.ts';
import { indexNames } from '../../model/lookup.ts';
import { digestObject, kinds, type ModelObject, objectsOf } from '../../model/object.ts';
import { noOrigin } from '../../review/origin.ts';
import { review } from '../../review/review.ts';
import { chunkOf } from '../chunk.ts';
import type { ModelFiles } from '../files.ts';
import { type Loaded, loadedFrom } from '../load.ts';
import type { RootResult } from '../root.ts';
import { sqlParser } from '../sql-parser.ts';
import { StoreBroken } from './file.ts';
import { keepJudgements, openJudgements } from './judged.ts';
import { type Edits, later } from './later.ts';
import { keepObjects, openObjects } from './objects.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));
const edits = Number(process.env.FREEHOLD_STORE_EDITS ?? 600);
const directory = await mkdtemp(join(tmpdir(), 'freehold-store-'));
afterAll(() => rm(directory, { recursive: true, force: true }));
const parseSql = await sqlParser();
const dayMs = 86_400_000;
const nothing = { signed: {}, recoveries: {} };

/** Files of a model without their reading: text -> what it comes to. */
type Files = ReadonlyMap<string, { readonly text: string; readonly result: RootResult }>;

test(`after any edits, a state over a store is what it is from scratch (${edits} edits, seed ${seed})`, async () => {
  const rnd = random(seed);
  const size = 26;
  let drawn = drawModel(rnd, size);
  let asOfMs = Date.parse('2026-01-15T00:00:00Z');
  let files = filesOf(drawn, rnd, new Map());
  const stores = { whole: 0, not: 0 };
  for (let edit = 0, round = 0; edit < edits; round++) {
    // Half of the stores are made of what can be read whole, the others of what happens to be.
    while (round % 2 === 0 && loadedOf(files).digest === null) {
      drawn = eachOnce(drawn);
      files = filesOf(drawn, rnd, new Map());
    }
    stores[loadedOf(files).digest === null ? 'not' : 'whole']++;
    const paths = pathsOf(`round${round}`);
    await keep(paths, files, asOfMs);
    using objects = must(openObjects(paths.objects, 'key'), 'store');
    using judgements = must(openJudgements(paths.judged, `key ${objects.summary.digest}`), 'store');
    const kept = files;
    for (let step = 0; step < 30 && edit < edits; step++, edit++) {
      drawn = edited(rnd, drawn, size);
      files = filesOf(drawn, rnd, files);
      if (rnd() < 0.1) asOfMs += Math.floor((rnd() - 0.4) * 200) * dayMs;
      const loaded = loadedOf(files);
      const scratch = await wholeModel('head', modelFiles(files), loaded, asOfMs);
      const when = `seed ${seed}, edit ${edit}`;
      // Without a mesh nothing was judged: such a state is read whole.
      if (!judgements.isJudged && scratch.digest !== null) continue;
      const over = await overStore(objects, judgements, kept, files, asOfMs);
      expectSame(told(over, files), told(scratch, files), when);
      if (scratch.digest === null || loadedOf(kept).digest === null || rnd() < 0.5) continue;
      const base = await wholeModel('base', modelFiles(kept), loadedOf(kept), asOfMs);
      const overBase = await overStore(objects, judgements, kept, kept, asOfMs);
      expectSame(verdictOf(overBase, over, asOfMs), verdictOf(base, scratch, asOfMs), when);
    }
  }
  expect(stores.whole * stores.not, `seed ${seed}: ${JSON.stringify(stores)}`).toBeGreaterThan(0);
}, 3_600_000);

test(`whatever happened to a store, it is refused or says what is so (seed ${seed})`, async () => {
  const rnd = random(seed);
  const asOfMs = Date.parse('2026-01-15T00:00:00Z');
  const [own, foreign] = [pathsOf('own'), pathsOf('foreign')];
  let drawn = eachOnce(drawModel(rnd, 26));
  const before = filesOf(drawn, () => 0.5, new Map());
  await keep(own, before, asOfMs);
  await keep(
    foreign,
    filesOf(eachOnce(drawModel(rnd, 26)), () => 0.5, new Map()),
    asOfMs,
  );
  for (let i = 0; i < 3; i++) drawn = edited(rnd, drawn, 26);
  const after = filesOf(drawn, () => 0.5, before);
  const should = told(await wholeModel('head', modelFiles(after), loadedOf(after), asOfMs), after);
  const outcomes = { refused: 0, same: 0 };
  for (let round = 0; round < 150; round++) {
    const paths = pathsOf('harmed');
    for (const one of ['objects', 'judged'] as const) await copyFile(own[one], paths[one]);
    await harm(paths, foreign, rnd);
    try {
      using objects = openObjects(paths.objects, 'key');
      using judgements = objects === null ? null : openJudgements(paths.judged, `key ${objects.summary.digest}`);
      if (objects === null || judgements === null) throw new StoreBroken('none');
      // That of another state has another key.
      if (objects.summary.digest !== loadedOf(before).digest) throw new StoreBroken('of another state');
      const over = await overStore(objects, judgements, before, after, asOfMs);
      expectSame(told(over, after), should, `seed ${seed}, round ${round}`);
      outcomes.same++;
    } catch (error) {
      if (!(error instanceof StoreBroken)) throw error;
      outcomes.refused++;
    }
  }
  expect(outcomes.refused).toBeGreaterThan(20);
}, 600_000);

/** Of two objects with one address the first. */
function eachOnce(drawn: DrawnModel): DrawnModel {
  const addresses = new Set<string>();
  return new Map(
    [...drawn].filter(([, { address }]) => {
      const isFirst = !addresses.has(address);
      addresses.add(address);
      return isFirst;
    }),
  );
}

type Paths = { readonly objects: string; readonly judged: string };

function pathsOf(name: string): Paths {
  return { objects: join(directory, `${name}.objects`), judged: join(directory, `${name}.judged`) };
}

async function harm(paths: Paths, foreign: Paths, rnd: Random): Promise<void> {
  const one = rnd() < 0.5 ? 'objects' : 'judged';
  const bytes = await readFile(paths[one]);
  const at = Math.floor(rnd() * bytes.length);
  const roll = rnd();
  if (roll < 0.5) {
    bytes.writeUInt8((bytes.readUInt8(at) + 1 + Math.floor(rnd() * 255)) % 256, at);
    await writeFile(paths[one], bytes);
  } else if (roll < 0.7) await truncate(paths[one], at);
  else if (roll < 0.8) await copyFile(foreign[one], paths[one]);
  else if (roll < 0.9) await copyFile(paths[one === 'objects' ? 'judged' : 'objects'], paths[one]);
  else await writeFile(paths[one], Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]));
}

async function keep(paths: Paths, files: Files, asOfMs: number): Promise<void> {
  const loaded = loadedOf(files);
  async function* roots() {
    yield* loaded.roots;
  }
  const digest = await keepObjects(paths.objects, 'key', { roots: roots(), schemas: [], signed: nothing });
  using objects = must(openObjects(paths.objects, 'key'), 'store');
  const { lookup } = objects;
  const { digestAt } = lookup;
  await keepJudgements(paths.judged, `key ${digest}`, around(lookup, engineFacts, asOfMs, { parseSql, digestAt }));
}

async function overStore(
  objects: NonNullable<ReturnType<typeof openObjects>>,
  judgements: NonNullable<ReturnType<typeof openJudgements>>,
  kept: Files,
  files: Files,
  asOfMs: number,
): Promise<TreeModel> {
  const roots = new Map<string, string | null>();
  for (const [file, { text }] of files) if (kept.get(file)?.text !== text) roots.set(file, text);
  for (const file of kept.keys()) if (!files.has(file)) roots.set(file, null);
  const input: Edits = { roots, schemas: new Map(), signed: nothing };
  const state = await later(objects, input, async (wanted) => {
    return new Map(wanted.map((file) => [file, must(files.get(file), file).result]));
  });
  const model = await laterModel(state, { judgements }, nothing, asOfMs);
  return { ...model, tree: 'head', texts: async () => new Map() };
}

/** Everything that a state says, as one value. */
function told({ digest, lookup, loading, findings, isMadeFrom, mesh }: TreeModel, files: Files): unknown {
  const objects = [...files.values()].flatMap(({ result }) => result.chunks);
  const keys = objects.flatMap(({ entries }) =>
    indexNames.flatMap((index) =>
      (JSON.parse(entries)[index] ?? []).map(([key]: readonly [string, string]) => [index, key] as const),
    ),
  );
  return {
    digest,
    loading,
    findings,
    mesh,
    addresses: kinds.map((kind) => lookup?.addresses(kind)),
    found: keys.map(([index, key]) => [index, key, lookup?.found(index, key)]),
    objects: objects.map(({ kind, address }) => [lookup?.digestAt(kind, address), lookup?.object(kind, address)]),
    madeFrom: [...files.keys()].map((file) => isMadeFrom(file)),
  };
}

function verdictOf(base: TreeModel, head: TreeModel, asOfMs: number): unknown {
  const pair = { base, head, baseCommit: 'b', headCommit: 'h', changes: [], prefix: '' };
  return review(proposalOf(pair, noOrigin), engineFacts, { asOfMs, parseSql });
}

/** Compared as text first: the test runner takes long to compare many values. */
function expectSame(is: unknown, should: unknown, when: string): void {
  if (JSON.stringify(is) !== JSON.stringify(should)) expect(is, when).toEqual(should);
}

function modelFiles(files: Files): ModelFiles {
  const roots = [...files].map(([file, { text }]) => [file, text] as const);
  return { roots: Object.fromEntries(roots), schemas: {}, ...nothing, findings: [] };
}

function loadedOf(files: Files): Loaded {
  return loadedFrom(modelFiles(files), new Map([...files].map(([file, { result }]) => [file, result])));
}

/**
 * A file for most objects, one for a few together; now and then an object is in two files, moves, or a file is empty, is
 * imported, or has a finding that rests on what other files are called.
 */
function filesOf(drawn: DrawnModel, rnd: Random, before: Files): Files {
  const model = modelOf(drawn);
  const moved = new Set([...before.keys()].filter((file) => file.startsWith('moved')));
  const defined = new Map<string, ModelObject[]>();
  const put = (file: string, object: ModelObject) => defined.set(file, [...(defined.get(file) ?? []), object]);
  for (const object of objectsOf(model)) {
    const own = `${object.address.replaceAll(/[:/]/g, '-')}.ts`;
    const isMoved = moved.has(`moved-${own}`) !== rnd() < 0.02;
    put(isMoved ? `moved-${own}` : object.kind === 'zone' ? 'zones.ts' : own, object);
    if (rnd() < 0.002) put(rnd() < 0.5 ? 'twice.ts' : 'a-twice.ts', object);
  }
  const names = [...defined.keys()].sort();
  for (const file of ['empty-a.ts', 'empty-b.ts']) if (before.has(file) !== rnd() < 0.1) defined.set(file, []);
  return new Map(
    [...defined]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, objects]) => [file, rootOf(file, objects, names, before.get(file), rnd)]),
  );
}

function rootOf(
  file: string,
  objects: readonly ModelObject[],
  names: readonly string[],
  former: { readonly result: RootResult } | undefined,
  rnd: Random,
) {
  const imports = rnd() < 0.95 ? (former?.result.imports ?? []) : rnd() < 0.5 ? ['empty-a.ts'] : [];
  const wasBroken = former?.result.findings.some(({ rule }) => rule === 'broken') === true;
  const isBroken = wasBroken ? rnd() < 0.8 : rnd() < 0.002;
  // Of a file that is broken somewhere the rest is read.
  const readable = isBroken ? objects.slice(1) : objects;
  const chunks = readable.map((object, index) => chunkOf(object, { file, line: 1 + index, column: 1 }, new Map()));
  const at = { file, line: 1, column: 1 };
  const findings = [
    ...(isBroken ? [finding({ rule: 'broken', message: `'${file}' is broken.`, help: 'Mend it.', at })] : []),
    ...(file.startsWith('void')
      ? [finding({ rule: 'near', severity: 'warning', message: `near ${names[0]}`, help: 'Move.', at })]
      : []),
  ];
  const result: RootResult = { chunks, findings, imports, reads: [file, ...imports], isEmpty: objects.length === 0 };
  return { text: JSON.stringify([imports, objects.map(digestObject), file, isBroken]), result };
}
