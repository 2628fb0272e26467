import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Random, seeded } from '../../cli/demo/company/random.ts';
import { engineFacts } from '../../engines/facts.ts';
import type { Model } from '../../model/model.ts';
import { type Ask, type Checked, checkedWhole } from '../checked.ts';
import { loadModel } from '../load.ts';
import { judges, mesh } from '../testing/model.ts';
import { checkedOver } from './directory.ts';
import { type Stores, storesIn } from './stores.ts';
import { cacheDirectory } from './where.ts';

const root = await mkdtemp(join(tmpdir(), 'freehold-directory-'));
afterAll(() => rm(root, { recursive: true, force: true }));

type Texts = Readonly<Record<string, string>>;

let number = 0;
let home = '';
let cache = '';
let stores: Stores;
beforeEach(async () => {
  home = join(root, String(number++));
  cache = join(root, `cache${number}`);
  stores = await storesIn(cache);
});

/** Makes the directory hold these files and no others. */
async function write(files: Texts): Promise<void> {
  await rm(home, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  }
}

const asOfMs = Date.parse('2026-01-15T00:00:00Z');
const ask: Ask<Model | null> = (model) => model();
const checking = (ms: number) => ({ facts: engineFacts, asOfMs: ms, judges });
const over = (ms = asOfMs) => checkedOver(home, stores, checking(ms), ask);
const whole = async (ms = asOfMs) => checkedWhole(await loadModel(home, { judges }), checking(ms), ask);

/** Everything that is said, as one value. */
function told({ source, ...rest }: Checked<Model | null>, files: Texts): unknown {
  return { ...rest, sources: [...Object.keys(files), 'none.ts', '../outside.ts'].map((file) => source(file)) };
}

async function expectSame(files: Texts, ms = asOfMs, when = ''): Promise<void> {
  const [is, should] = [await over(ms), await whole(ms)];
  expect(is, when).not.toBeNull();
  if (is !== null) expect(told(is, files), when).toEqual(told(should, files));
}

async function kept(): Promise<string[]> {
  const all = await readdir(cache, { recursive: true, withFileTypes: true }).catch(() => []);
  return all.flatMap((one) => (one.isFile() ? [join(one.parentPath, one.name)] : [])).sort();
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
/** So many files that one of them is not much. */
const many: Texts = Object.fromEntries([
  ...Object.entries(small),
  ...Array.from({ length: 60 }, (_, i) => [`d/d${i}.ts`, store(`d${i}`, '../key.ts')]),
]);

describe('a model over what was kept of its directory', () => {
  test('is kept when it is first read, and read as what differs', async () => {
    await write(many);
    await expectSame(many);
    const first = await kept();
    expect(first).toHaveLength(2);
    const bytes = await readFile(first[0] ?? '');
    const edited = { ...many, 'c.schema.yaml': many['c.schema.yaml']?.replace('int64', 'int32') ?? '' };
    await write(edited);
    await expectSame(edited);
    // It stays as it was.
    expect(await readFile(first[0] ?? '')).toEqual(bytes);
  });

  test('is kept anew where much of it is another', async () => {
    await write(many);
    await over();
    const file = (await kept()).find((one) => one.endsWith('.objects')) ?? '';
    const bytes = await readFile(file);
    // Every datastore rests on it.
    const edited = { ...many, 'key.ts': `export const key = ['id'] as const;\n` };
    await write(edited);
    await expectSame(edited);
    expect(await readFile(file)).not.toEqual(bytes);
    await expectSame(edited);
  });

  test('is read by the bytes of its files, not by their times', async () => {
    await write(small);
    await over();
    // Of one length.
    const edited = { ...small, 'key.ts': `export const key = ['ix'];\n` };
    await writeFile(join(home, 'key.ts'), edited['key.ts']);
    await expectSame(edited);
  });

  test('that is broken is kept too, and found whole when it is mended', async () => {
    const broken = { ...many, 'a.ts': 'export const = 1;\n', 'b/b.ts': store('b', '../kee.ts') };
    await write(broken);
    await expectSame(broken);
    expect(await kept()).toHaveLength(2);
    await expectSame(broken);
    await write({ ...broken, 'kee.ts': many['key.ts'] ?? '' });
    await expectSame({ ...broken, 'kee.ts': many['key.ts'] ?? '' });
    await write(many);
    await expectSame(many);
  });

  test('that defines an object twice is kept too, and found whole when one of the two is gone', async () => {
    const twice = { ...many, '0.ts': store('a', './key.ts') };
    await write(twice);
    await expectSame(twice);
    expect(await kept()).toHaveLength(2);
    await write(many);
    await expectSame(many);
    await write({ ...twice, 'key.ts': `export const key = ['id'] as const;\n` });
    await expectSame({ ...twice, 'key.ts': `export const key = ['id'] as const;\n` });
    const moved: Texts = Object.fromEntries(Object.entries(twice).filter(([path]) => path !== 'a.ts'));
    await write(moved);
    await expectSame(moved);
  });

  test('is not kept where there is no mesh', async () => {
    const { 'mesh.ts': _, ...headless } = small;
    await write(headless);
    await expectSame(headless);
    expect(await kept()).toEqual([]);
  });

  test('has findings of files that cannot be read', async () => {
    await write(small);
    await over();
    await writeFile(join(home, 'a.ts'), Buffer.from([0xff, 0xfe]));
    await expectSame(small);
    await writeFile(join(home, 'A.ts'), '');
    await expectSame(small);
  });

  test('cannot be kept: nothing is wrong', async () => {
    await writeFile(join(root, 'file'), '');
    stores = await storesIn(join(root, 'file', 'below'));
    await write(small);
    await expectSame(small);
  });

  test('is judged as of another day', async () => {
    const dated = {
      ...small,
      'a.ts': store('a', './key.ts').replace("source: 'shop'", "source: 'shop', deprecated: { removal: '2026-03-01' }"),
    };
    await write(dated);
    for (const day of ['2026-01-15', '2026-02-20', '2026-03-02', '2025-01-01'])
      await expectSame(dated, Date.parse(`${day}T00:00:00Z`), day);
  });

  test('of two runs at once is what each of them says', async () => {
    await write(small);
    const should = told(await whole(), small);
    for (const is of await Promise.all([over(), over(), over()]))
      if (is !== null) expect(told(is, small)).toEqual(should);
    await expectSame(small);
    expect((await kept()).filter((file) => file.endsWith('.draft'))).toEqual([]);
  });

  test('is kept nowhere where the model could bring its own', () => {
    const isOn = (directory: string, environment: Record<string, string>) =>
      cacheDirectory(directory, environment) !== null;
    expect(isOn('/m', { FREEHOLD_CACHE: '/c' })).toBe(true);
    expect(isOn('/m', { XDG_CACHE_HOME: '/x' })).toBe(true);
    expect(isOn('/m', { FREEHOLD_CACHE: '/m/.cache' })).toBe(false);
    expect(isOn('/m', { FREEHOLD_CACHE: '/m' })).toBe(false);
    expect(isOn('/m', { FREEHOLD_CACHE: '/m..c' })).toBe(true);
    expect(isOn('/m', { FREEHOLD_CACHE: 'off' })).toBe(false);
  });
});

const rounds = Number(process.env.FREEHOLD_CACHE_ROUNDS ?? 120);
const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`after any edits, and whatever happened to what was kept, a directory is what it is read whole (${rounds} rounds, seed ${seed})`, async () => {
  const random = seeded(seed);
  await write({ ...small, 'a.ts': store('foreign', './key.ts') });
  await over();
  const foreign = await Promise.all((await kept()).map((file) => readFile(file)));
  home = join(root, `random${seed}`);
  let files: Texts = { ...many, ...objects(random) };
  const days = ['2026-01-01', '2026-06-01', '2027-06-01'];
  let [harmed, refused] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    files = edited(files, random);
    await write(files);
    if (random.isLucky(0.3)) {
      await harm(random, foreign);
      harmed++;
    }
    const ms = Date.parse(`${random.pick(days)}T00:00:00Z`);
    const is = await over(ms);
    if (is === null) refused++;
    else expect(told(is, files), `seed ${seed}, round ${round}`).toEqual(told(await whole(ms), files));
  }
  // What was harmed is removed when it is met, and nothing else is refused.
  expect(refused).toBeLessThanOrEqual(harmed);
}, 3_600_000);

/** What can happen to files that are kept. */
async function harm(random: Random, foreign: readonly Buffer[]): Promise<void> {
  const all = await kept();
  if (all.length === 0) return;
  const [one, other] = [random.pick(all), random.pick(all)];
  const bytes = await readFile(one);
  switch (random.between(0, 6)) {
    case 0: {
      const at = random.between(0, bytes.length - 1);
      bytes.writeUInt8((bytes.readUInt8(at) + random.between(1, 255)) % 256, at);
      return writeFile(one, bytes);
    }
    case 1:
      return truncate(one, random.between(0, bytes.length - 1));
    case 2:
      return copyFile(one, other);
    case 3:
      return rm(one);
    case 4:
      return writeFile(one, random.pick(foreign));
    case 5:
      return writeFile(one, Buffer.concat([bytes.subarray(bytes.length / 2), bytes]));
    default:
      await writeFile(`${one}.${process.pid}-x.draft`, bytes);
      return rename(one, `${one}.former`);
  }
}

/** One edit of a model's files: they come, go, move, break and mend, and say something else. */
function edited(files: Texts, random: Random): Texts {
  const names = Object.keys(files).filter((file) => file !== 'mesh.ts');
  const file = random.pick(names);
  const text = files[file] ?? '';
  const { [file]: _, ...others } = files;
  switch (random.between(0, 8)) {
    case 0:
      return { ...files, [`n${random.between(0, 3)}.ts`]: store(`n${random.between(0, 5)}`, './key.ts') };
    case 1:
      return { ...files, 'key.ts': `export const key = ['${random.pick(['id', 'it'])}'];\n` };
    case 2:
      return {
        ...files,
        'c.schema.yaml': (small['c.schema.yaml'] ?? '').replace('int64', `int${8 * random.between(1, 9)}`),
      };
    case 3:
      return names.length > 30 ? others : files;
    case 4:
      return { ...others, [`m${random.between(0, 2)}/${file.replaceAll('/', '_')}`]: text };
    case 5:
      return { ...files, [file]: text.slice(0, random.between(0, text.length)) };
    case 6:
      return { ...files, [file]: many[file] ?? `${text}\n` };
    case 7:
      return { ...many, ...objects(random) };
    default:
      return { ...files, ...some(objects(random), random) };
  }
}

function some(files: Texts, random: Random): Texts {
  return Object.fromEntries(Object.entries(files).filter(() => random.isLucky(0.15)));
}

/** Each object of a small model in one of the ways that it can be. */
function objects(random: Random): Texts {
  const names = ['p', 'q', 'r', 's'];
  const column = () =>
    random.pick(['int64()', "varchar(10).label('pii')", "text().nullable().level('secret')", 'date()']);
  const datastores = names.map((name): [string, string] => [
    `${name}.ts`,
    `import { cdc, datastore, date, int64, snapshot, table, text, varchar } from 'freehold';
export default datastore('retail/sales/${name}', {
  source: '${random.pick(['shop', 'shop', 'shp'])}', changes: ${random.pick(['snapshot()', 'cdc()'])}, production: ${random.isLucky(0.5)},
  ${random.pick(['', "consumers: ['retail/insight/w1.g'],", "deprecated: { removal: '2026-03-01' },"])}
  datasets: { t: table({ key: ['${random.pick(['id', 'id', 'x'])}'], from: '${random.pick(['p.t', `p.${name}`])}' }, { id: int64(), x: ${column()} }) },
});
`,
  ]);
  const workspaces = ['w1', 'w2', 'w3'].map((name): [string, string] => [
    `${name}.ts`,
    `import { group, workspace } from 'freehold';
export default workspace('retail/insight/${name}', {
  ${random.pick(['', "clearance: 'internal', labels: ['pii'],", "readers: ['group:x'],", "acknowledges: ['retail/sales/p'],"])}
  groups: { g: group({ read: ['retail/sales/${random.pick(names)}.${random.pick(['t', '*', 'u'])}', { from: 'retail/sales/${random.pick(names)}.t', columns: ['${random.pick(['id', 'x', 'y'])}'] }] }) },
});
`,
  ]);
  return Object.fromEntries([...datastores, ...workspaces]);
}
