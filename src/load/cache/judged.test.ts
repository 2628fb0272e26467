import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { check } from '../../check/check.ts';
import { type Random, seeded } from '../../cli/demo/company/random.ts';
import { engineFacts } from '../../engines/facts.ts';
import { loadFiles } from '../load.ts';
import { judges } from '../testing/model.ts';
import { cacheIn } from './cache.ts';
import { findingsOf, type Judged, judgeAgain, judgeAll } from './judged.ts';

const root = await mkdtemp(join(tmpdir(), 'freehold-judged-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const rounds = Number(process.env.FREEHOLD_CACHE_ROUNDS ?? 100);
const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`judging again what a change can have changed finds what judging all finds (seed ${seed})`, async () => {
  const random = seeded(seed);
  const cache = cacheIn(root);
  const days = ['2026-01-01', '2026-06-01', '2027-06-01'];
  let kept: Judged | null = null;
  let again = 0;
  let files = objects(random);
  for (let round = 0; round < rounds; round++) {
    files = { ...files, ...some(objects(random), random) };
    if (random.isLucky(0.2)) files = some(files, random, 0.9);
    const roots = { ...files, 'mesh.ts': files['mesh.ts'] ?? meshText(random) };
    const loaded = await loadFiles({ roots, schemas: {}, signed: {}, recoveries: {}, findings: [] }, { judges, cache });
    const { model, lookup, places } = loaded;
    if (model === null || lookup === null) throw new Error('no model');
    const asOfMs = Date.parse(`${random.pick(days)}T00:00:00Z`);
    const against = { facts: engineFacts, asOfMs };
    const once: Judged | null = kept === null ? null : judgeAgain(lookup, against, kept, loaded.former);
    if (once !== null) again++;
    const now: Judged = once ?? judgeAll(lookup, against);
    const told = `seed ${seed}, round ${round}`;
    expect(findingsOf(now, lookup, loaded), told).toEqual(check(model, engineFacts, { asOfMs, places }));
    // What is kept says no more than what is made anew; the order in which questions are met is no part of it.
    expect(sorted(now), told).toEqual(sorted(judgeAll(lookup, against)));
    kept = JSON.parse(JSON.stringify(now));
  }
  expect(again).toBeGreaterThan(rounds / 2);
}, 3_600_000);

function sorted({ resting, ...rest }: Judged): unknown {
  return { ...rest, resting: [...resting].sort(([a], [b]) => (a < b ? -1 : 1)) };
}

type Texts = Readonly<Record<string, string>>;

function some(files: Texts, random: Random, chance = 0.15): Texts {
  return Object.fromEntries(Object.entries(files).filter(() => random.isLucky(chance)));
}

function meshText(random: Random): string {
  return `import { approvers, mesh, user, zone } from 'freehold';
const ana = approvers([user(${random.between(1, 3)})]);
export default mesh('acme', { language: 1, owner: ana, zones: { retail: ana }, environments: { local: ana },
  classification: { levels: ['public', 'internal'${random.isLucky(0.5) ? ", 'secret'" : ''}], labels: { pii: {} } } });
`;
}

/** Each object of a small model in one of the ways that it can be. */
function objects(random: Random): Texts {
  const stores = ['a', 'b', 'c', 'd'];
  const column = () =>
    random.pick(['int64()', "varchar(10).label('pii')", "text().nullable().level('secret')", 'date()']);
  const entries = stores.map((name): [string, string] => [
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
  ${random.pick(['', "clearance: 'internal', labels: ['pii'],", "readers: ['group:x'],", "acknowledges: ['retail/sales/a'],"])}
  groups: { g: group({ read: ['retail/sales/${random.pick(stores)}.${random.pick(['t', '*', 'u'])}', { from: 'retail/sales/${random.pick(stores)}.t', columns: ['${random.pick(['id', 'x', 'y'])}'] }] }) },
});
`,
  ]);
  return Object.fromEntries([
    ...entries,
    ...workspaces,
    ['mesh.ts', meshText(random)],
    [
      'zone.ts',
      `import { approvers, user, zone } from 'freehold';
export default zone('retail', { ${random.pick(['', "notice: '10d',"])} teams: { sales: { owner: approvers([user(${random.between(1, 2)})]) },
  insight: { owner: approvers([user(2)]), ${random.pick(['', "may: { clearance: 'internal', labels: ['pii'] }"])} } } });
`,
    ],
    [
      'local.ts',
      `import { environment, postgres } from 'freehold';
export default environment('local', { ledger: postgres({ embedded: true, database: 'l' }), connections: { ${random.pick(['', "shop: postgres({ host: 'h', database: 'd' }),"])} },
  stores: { main: postgres({ embedded: true, database: 's' }) } });
`,
    ],
  ]);
}
