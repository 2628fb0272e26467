import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { placeOf } from '../../model/places.ts';
import type { ModelFiles } from '../files.ts';
import { type Loaded, loadFiles } from '../load.ts';
import { judges, mesh } from '../testing/model.ts';
import { type Cache, cacheIn, noCache } from './cache.ts';
import { cacheFor } from './directory.ts';

const root = await mkdtemp(join(tmpdir(), 'freehold-cache-'));
afterAll(() => rm(root, { recursive: true, force: true }));

type Texts = Readonly<Record<string, string>>;

/** Everything that a load says, as one value. */
function told({ model, findings, digest, places, source, lookup, madeFrom }: Loaded, files: Texts): unknown {
  const addresses = Object.keys(model?.datastores ?? {});
  return {
    model,
    findings,
    digest,
    madeFrom: [...madeFrom],
    places: addresses.map((address) => [placeOf(places, address), placeOf(places, `${address}.t#id`)]),
    sources: Object.keys(files).map((file) => source(file)),
    found: [
      lookup?.addresses('datastore'),
      lookup?.found('connection', 'shop'),
      lookup?.found('party', 'retail/sales'),
    ],
    digests: addresses.map((address) => lookup?.digestAt('datastore', address)),
    objects: addresses.map((address) => lookup?.object('datastore', address)),
  };
}

async function load(files: Texts, cache?: Cache): Promise<Loaded> {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  const isSchema = (file: string) => file.endsWith('.schema.yaml');
  const input: ModelFiles = {
    roots: Object.fromEntries(sorted.filter(([file]) => !isSchema(file))),
    schemas: Object.fromEntries(sorted.filter(([file]) => isSchema(file))),
    signed: {},
    recoveries: {},
    findings: [],
  };
  return loadFiles(input, { judges, limits: { fuel: 300 }, ...(cache === undefined ? {} : { cache }) });
}

const store = (name: string, from: string) => `import { datastore, int32, snapshot, table } from 'freehold';
import { key } from '${from}';
export default datastore('retail/sales/${name}', { source: 'shop', changes: snapshot(), datasets: { t: table({ key }, { id: int32() }) } });
`;
const small: Texts = {
  ...mesh,
  'key.ts': `export const key = ['id'];\n`,
  'a.ts': store('a', './key.ts'),
  'b/b.ts': store('b', '../key.ts'),
  'c.yaml': `datastore: retail/sales/c\nsource: shop\nchanges: snapshot\ndatasets: { fromSchema: ./c.schema.yaml, classify: [{ pattern: id, labels: [pii] }] }\n`,
  'c.schema.yaml': `version: 1\ndatasets:\n  t: { key: [id], columns: { id: int64 } }\n`,
};

let directory = '';
let number = 0;
beforeEach(() => {
  directory = join(root, String(number++));
});

async function segments(): Promise<string[]> {
  const keys = await readdir(directory);
  const all = await Promise.all(keys.map((key) => readdir(join(directory, key), { withFileTypes: true })));
  return all
    .flatMap((entries) => entries.flatMap((one) => (one.isFile() ? [join(one.parentPath, one.name)] : [])))
    .sort();
}

describe('the cache', () => {
  test('gives what it was given, and only what changed is made again', async () => {
    const cache = cacheIn(directory);
    const cold = await load(small);
    expect(told(await load(small, cache), small)).toEqual(told(cold, small));
    expect(await segments()).toHaveLength(1);
    expect(told(await load(small, cache), small)).toEqual(told(cold, small));
    // Nothing was made, so nothing was written.
    expect(await segments()).toHaveLength(1);
    const edited = { ...small, 'c.schema.yaml': small['c.schema.yaml']?.replace('int64', 'int32') ?? '' };
    expect(told(await load(edited, cache), edited)).toEqual(told(await load(edited), edited));
    const kept = (await Promise.all((await segments()).map((one) => readFile(one, 'utf8')))).join('');
    const timesKept = (file: string) => kept.split(`{"file":"${file}","reads"`).length - 1;
    expect({ a: timesKept('a.ts'), c: timesKept('c.yaml') }).toEqual({ a: 1, c: 2 });
  });

  test('what other files are called counts where a finding rests on it', async () => {
    const cache = cacheIn(directory);
    const broken = { ...mesh, 'a.ts': `import './kee.ts';\n` };
    await load(broken, cache);
    const there = { ...broken, 'key.ts': 'export {};\n' };
    expect(told(await load(there, cache), there)).toEqual(told(await load(there), there));
    const made = { ...broken, 'kee.ts': 'export {};\n' };
    expect(told(await load(made, cache), made)).toEqual(told(await load(made), made));
  });

  test('what a machine was too slow for is tried again', async () => {
    const cache = cacheIn(directory);
    const slow = {
      ...mesh,
      'a.ts':
        'const a = Array.from({ length: 1e6 }, (_, i) => (i * 7919) % 1e6);\nfor (let i = 0; i < 1e6; i++) a.sort();\n',
    };
    const limits = { wallMs: 1500, fuel: 1e9 };
    const input = { roots: slow, schemas: {}, signed: {}, recoveries: {}, findings: [] };
    expect((await loadFiles(input, { judges, limits, cache })).findings.map((f) => f.rule)).toEqual([
      'could-not-judge',
    ]);
    const held = await Promise.all((await segments()).map((one) => readFile(one, 'utf8')));
    expect(held.join('')).not.toContain('could-not-judge');
  });

  test('of many runs is made one again', async () => {
    const cache = cacheIn(directory);
    for (let i = 0; i < 20; i++) await load({ ...small, 'n.ts': store(`n${i}`, './key.ts') }, cache);
    expect((await segments()).length).toBeLessThanOrEqual(9);
  });

  test('cannot be written: nothing is kept, and nothing is wrong', async () => {
    await writeFile(join(root, 'file'), '');
    expect(told(await load(small, cacheIn(join(root, 'file', 'below'))), small)).toEqual(
      told(await load(small), small),
    );
  });

  test('two runs at once keep both', async () => {
    const cache = cacheIn(directory);
    const other = { ...small, 'a.ts': store('a2', './key.ts') };
    await Promise.all([load(small, cache), load(other, cache), load(small, cache)]);
    expect(told(await load(small, cache), small)).toEqual(told(await load(small), small));
    expect((await readdir(directory)).length).toBe(1);
    expect((await segments()).filter((one) => one.endsWith('.draft'))).toEqual([]);
  });

  test('is none where the model could bring its own', () => {
    const isOn = (root: string, environment: Record<string, string>) => cacheFor(root, environment) !== noCache;
    expect(isOn('/m', { FREEHOLD_CACHE: '/c' })).toBe(true);
    expect(isOn('/m', { XDG_CACHE_HOME: '/x' })).toBe(true);
    expect(isOn('/m', { FREEHOLD_CACHE: '/m/.cache' })).toBe(false);
    expect(isOn('/m', { FREEHOLD_CACHE: '/m' })).toBe(false);
    expect(isOn('/m', { FREEHOLD_CACHE: '/m..c' })).toBe(true);
    expect(isOn('/m', { FREEHOLD_CACHE: 'off' })).toBe(false);
  });

  const rounds = Number(process.env.FREEHOLD_CACHE_ROUNDS ?? 150);
  test(`after any edits, and whatever happened to its files, says what is said without it (${rounds} rounds)`, async () => {
    const seed = Number(process.env.FREEHOLD_SEED ?? Date.now() % 1e9);
    const random = randomOf(seed);
    const cache = cacheIn(directory);
    const foreign = cacheIn(join(root, 'foreign'));
    await load({ ...small, 'a.ts': store('foreign', './key.ts') }, foreign);
    let files: Texts = small;
    for (let round = 0; round < rounds; round++) {
      files = edited(files, random);
      if (random(3) === 0) await harm(random);
      const cached = told(await load(files, cache), files);
      expect(cached, `seed ${seed}, round ${round}`).toEqual(told(await load(files), files));
    }
  });

  /** What can happen to files of a cache. */
  async function harm(random: (below: number) => number): Promise<void> {
    const all = await segments().catch(() => []);
    const one = all[random(all.length)];
    const other = all[random(all.length)];
    if (one === undefined || other === undefined) return;
    const bytes = await readFile(one);
    switch (random(7)) {
      case 0: {
        const at = random(bytes.length);
        bytes.writeUInt8((bytes.readUInt8(at) + 1 + random(255)) % 256, at);
        return writeFile(one, bytes);
      }
      case 1:
        return truncate(one, random(bytes.length));
      case 2:
        return copyFile(one, other);
      case 3:
        return rm(one);
      case 4:
        return writeFile(one, Buffer.concat([bytes, bytes]));
      case 5: {
        const [key = ''] = await readdir(join(root, 'foreign'));
        const [name = ''] = await readdir(join(root, 'foreign', key));
        return copyFile(join(root, 'foreign', key, name), one);
      }
      default:
        await mkdir(`${one}.segment`, { recursive: true });
        return writeFile(`${one}.draft`, bytes);
    }
  }
});

/** One edit of a model: files come, go, move, break and mend. */
function edited(files: Texts, random: (below: number) => number): Texts {
  const names = Object.keys(files).filter((file) => file !== 'mesh.ts');
  const file = names[random(names.length)] ?? 'a.ts';
  const text = files[file] ?? '';
  const { [file]: _, ...others } = files;
  switch (random(8)) {
    case 0:
      return { ...files, [`n${random(4)}.ts`]: store(`n${random(6)}`, './key.ts') };
    case 1:
      return { ...files, 'key.ts': `export const key = ['${random(2) === 0 ? 'id' : 'it'}'];\n` };
    case 2:
      return {
        ...files,
        'c.schema.yaml': (small['c.schema.yaml'] ?? '').replace('int64', `int${8 * (1 + random(9))}`),
      };
    case 3:
      return names.length > 3 ? others : files;
    case 4:
      return { ...others, [`m${random(3)}/${file.replaceAll('/', '_')}`]: text };
    case 5:
      return { ...files, [file]: text.slice(0, random(text.length + 1)) };
    case 6:
      return { ...files, [file]: small[file] ?? `${text}\n` };
    default:
      return { ...small, ...(random(2) === 0 ? {} : { [file]: `// ${random(3)}\n${text}` }) };
  }
}

/** Numbers below a bound, the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
