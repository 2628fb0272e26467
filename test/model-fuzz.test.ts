import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { around, questionedDrafts } from '../src/check/judgement.ts';
import { type Random, seeded } from '../src/cli/demo/company/random.ts';
import { engineFacts } from '../src/engines/facts.ts';
import { type Loaded, loadFiles } from '../src/load/load.ts';
import { sqlParser } from '../src/load/sql-parser.ts';
import { judges } from '../src/load/testing/model.ts';
import { objectNamed } from '../src/model/named.ts';
import { kinds } from '../src/model/object.ts';
import { mutated } from './fuzz/mutate.ts';

/** A few seconds with the suite; `FREEHOLD_FUZZ_SECONDS=600` for longer, `FREEHOLD_SEED` for the same again. */
const seconds = Number(process.env.FREEHOLD_FUZZ_SECONDS ?? 0);
const first = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

const parseSql = await sqlParser();
const secret = 'canary-5f1c2b';
const here = await mkdtemp(join(tmpdir(), 'freehold-fuzz-'));
afterAll(() => rm(here, { recursive: true, force: true }));

/** Nothing that stands beside them may touch these. They come first in order, so that they stand where another claims the same. */
const good = {
  '0/mesh.ts': `import { approvers, mesh, user, zone } from 'freehold';
const ana = approvers([user(11)]);
export default mesh('acme', { language: 1, owner: ana, zones: { retail: ana }, environments: { local: ana } });
export const retail = zone('retail', { teams: { sales: { owner: ana }, insight: { owner: ana } } });
`,
  '0/good.ts': `import { datastore, int64, snapshot, table } from 'freehold';
const key = ['id'].map((one) => one);
export default datastore('retail/sales/good', { source: 'shop', changes: snapshot(), datasets: { t: table({ key }, { id: int64() }) } });
`,
};

const seeds = Object.entries({
  ...blocksOf(await readFile(new URL('../docs/model.md', import.meta.url), 'utf8'), 'ts'),
  ...blocksOf(await readFile(new URL('../docs/yaml.md', import.meta.url), 'utf8'), 'yaml'),
});

test(`whatever a model file says costs it findings, and nothing else anything (seed ${first})`, {
  timeout: seconds * 1000 + 240_000,
}, async () => {
  process.env.FREEHOLD_CANARY = secret;
  process.chdir(here);
  await writeFile(join(here, 'canary.txt'), secret);
  const before = realm();
  const until = Date.now() + seconds * 1000;
  const met = { sound: 0, refused: 0 };
  for (let seed = first; seed < first + 25 || Date.now() < until; seed++) {
    try {
      await judge(seeded(seed), met);
    } catch (cause) {
      throw new Error(`FREEHOLD_SEED=${seed}: ${cause instanceof Error ? cause.stack : String(cause)}`, { cause });
    }
  }
  expect(realm()).toEqual(before);
  expect(await readdir(here)).toEqual(['canary.txt']);
  expect('escaped' in globalThis).toBe(false);
  // Mutations that all break a file, or none of which does, would prove little.
  expect(Math.min(met.sound, met.refused) / (met.sound + met.refused)).toBeGreaterThan(0.1);
});

/** What could be read is judged where it is kept, however little of the model that is: no rule may fail at it. */
function judgeAll({ lookup }: Loaded): void {
  if (lookup === null) return;
  const against = around(lookup, engineFacts, Date.parse('2026-03-01T00:00:00Z'), { parseSql });
  for (const kind of kinds)
    for (const address of lookup.addresses(kind)) {
      const object = objectNamed(lookup, { kind, address });
      if (object !== null) questionedDrafts(object, against);
    }
}

async function judge(random: Random, met: { sound: number; refused: number }): Promise<void> {
  const bad = Object.fromEntries(
    Array.from({ length: 8 }, (_, index) => {
      const [file, text] = random.pick(seeds);
      return [`b${index}/${file.split('/').at(-1)}`, mutated(file, text, random)];
    }),
  );
  const once = await load({ ...good, ...bad }, true);
  const again = await load({ ...good, ...bad }, true);
  // Read off its syntax, or evaluated: the same.
  const sandboxed = await load({ ...good, ...bad }, false);
  for (const other of [again, sandboxed]) {
    // Whether a machine is too slow is no property of a file.
    const late = new Set([...timed(once), ...timed(other)]);
    if (late.size === 0) expect(told(other)).toEqual(told(once));
    else expect(told(other).findings.filter(not(late))).toEqual(told(once).findings.filter(not(late)));
  }
  judgeAll(once);
  for (const { at, message, help, related } of once.findings) {
    expect(Object.keys(bad), message).toContain(at?.file);
    const lines = bad[at?.file ?? '']?.split('\n') ?? [];
    expect(at?.line).toBeGreaterThan(0);
    expect(at?.line).toBeLessThanOrEqual(lines.length + 1);
    expect(at?.column).toBeGreaterThan(0);
    expect(message.length).toBeLessThan(4000);
    expect(`${message} ${help} ${JSON.stringify(related)}`).not.toMatch(/node_modules|file:\/\/|at async|\.js:\d/);
  }
  expect(JSON.stringify(told(once))).not.toContain(secret);
  expect(once.model?.datastores['retail/sales/good']).toEqual({
    address: 'retail/sales/good',
    source: 'shop',
    changes: { mode: 'snapshot' },
    datasets: { t: { key: ['id'], columns: { id: { type: { kind: 'int', bits: 64 } } } } },
  });
  expect(once.model?.mesh).toMatchObject({ name: 'acme', owner: { users: [11] } });
  expect(Object.keys(once.model?.zones.retail?.teams ?? {})).toEqual(['insight', 'sales']);
  // What another file defines, too, was read all the same.
  const isRefusal = ({ severity, rule }: Loaded['findings'][number]) =>
    severity === 'error' && rule !== 'duplicate-definition';
  const broken = new Set(once.findings.filter(isRefusal).map(({ at }) => at?.file));
  met.refused += broken.size;
  met.sound += 8 - broken.size;
}

function load(files: Readonly<Record<string, string>>, isWritten: boolean): Promise<Loaded> {
  const limits = { fuel: 300, memoryBytes: 48 << 20, outputCharacters: 1 << 20, wallMs: 60_000, isWritten };
  return loadFiles({ roots: files, schemas: {}, signed: {}, recoveries: {}, findings: [] }, { judges, limits });
}

function told({ model, findings, digest }: Loaded) {
  return { model, findings, digest };
}

/** Files of which it is not known what they come to. */
function timed({ findings }: Loaded): string[] {
  return findings
    .filter(({ rule, message }) => rule === 'could-not-judge' && /longer than/.test(message))
    .map(({ at }) => at?.file ?? '');
}

function not(files: ReadonlySet<string>): (finding: Loaded['findings'][number]) => boolean {
  return ({ at }) => !files.has(at?.file ?? '');
}

/** What code that got out could have changed. */
function realm(): unknown {
  return [Object, Array, String, Function, Map, Promise].map((one) => Object.getOwnPropertyNames(one.prototype));
}

function blocksOf(page: string, language: string): Record<string, string> {
  const blocks = page.matchAll(new RegExp(`^\`\`\`${language} (\\S+)\\n(.*?)^\`\`\`$`, 'gms'));
  return Object.fromEntries(
    [...blocks].flatMap(([, file = '', text = '']): [string, string][] =>
      language === 'ts' ? [[file, text]] : text.split(/^---$/m).map((one, index) => [`${index}.${language}`, one]),
    ),
  );
}
