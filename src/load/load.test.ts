import { describe, expect, test } from 'vitest';
import { placeOf } from '../model/places.ts';
import { lines, loaded, mesh } from './testing/model.ts';

const orders = `import { cdc, datastore, int64, table, varchar } from 'freehold';
import type { Anything } from 'some-package';

const name: string = 'retail/sales/orders';
export default datastore('retail/sales/orders', {
  source: 'shop',
  changes: cdc(),
  production: false,
  promises: { freshness: '10s' },
  datasets: {
    customers: table({ key: ['id'], from: 'public.Customers' }, {
      id: int64(),
      name: varchar(100).nullable().label('pii', 'a'),
    }),
  },
});
`;

const reporting = `import { group, workspace } from 'freehold';
export default workspace('retail/insight/reporting', {
  readers: ['group:bi'],
  groups: {
    dashboard: group({ latency: '10s', for: 'lookup', read: [
      { from: 'retail/sales/orders.customers', columns: ['name', 'id'] },
      'retail/sales/basket.*',
    ] }),
  },
});
`;

const local = `import { duckdb, environment, larger, otherwise, postgres, secret } from 'freehold';
export default environment('local', {
  ledger: postgres({ embedded: true, database: 'ledger' }),
  connections: { shop: postgres({ host: 'db', database: 'shop', at: 'own:eu/berlin', password: secret('shop'), grade: 'test' }) },
  stores: { main: postgres({ embedded: true, database: 'store' }) },
  route: [larger('500GB').to('main'), otherwise('main')],
  replicas: { lake: { on: [duckdb({ file: 'lake.duckdb' })], serves: ['reports', 'analytics'] } },
});
`;

describe('loadModel', () => {
  test('a producer approves groups and transformers', async () => {
    const approving = (text: string) =>
      loaded({
        ...mesh,
        'sales/orders.ts': orders
          .replace('import { cdc', 'import { approved, cdc')
          .replace('production: false,', `consumers: approved(${text}),`),
      });
    const { model, findings } = await approving("'retail/insight/clean', 'retail/insight/reporting.dashboard'");
    expect(lines(findings)).toEqual([]);
    expect(model?.datastores['retail/sales/orders']?.consumers).toEqual([
      'retail/insight/clean',
      'retail/insight/reporting.dashboard',
    ]);
    expect(lines((await approving("'retail/insight'")).findings)).toEqual([
      expect.stringContaining(
        "'consumers.0' must be a group such as 'retail/insight/reporting.dashboard' or a transformer such as 'retail/insight/clean', and is 'retail/insight'.",
      ),
    ]);
  });

  test('gives every noun in canonical form, and where each part of it stands', async () => {
    const { model, findings, places, digest, source } = await loaded({
      ...mesh,
      'sales/orders.ts': orders,
      'insight/reporting.ts': reporting,
      'local.ts': local,
    });
    expect(lines(findings)).toEqual([]);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(source('sales/orders.ts')).toBe(orders);
    expect(model?.datastores).toEqual({
      'retail/sales/orders': {
        address: 'retail/sales/orders',
        source: 'shop',
        changes: { mode: 'cdc' },
        promises: { freshness: '10s' },
        datasets: {
          customers: {
            key: ['id'],
            from: 'public.Customers',
            columns: {
              id: { type: { kind: 'int', bits: 64 } },
              name: { type: { kind: 'varchar', length: 100 }, nullable: true, labels: ['a', 'pii'] },
            },
          },
        },
      },
    });
    expect(model?.workspaces['retail/insight/reporting']?.groups).toEqual({
      dashboard: {
        latency: '10s',
        for: 'lookup',
        read: [{ from: 'retail/sales/basket.*' }, { from: 'retail/sales/orders.customers', columns: ['id', 'name'] }],
      },
    });
    expect(model?.environments.local).toEqual({
      name: 'local',
      ledger: { engine: 'postgres', fields: { embedded: true, database: 'ledger' } },
      connections: {
        shop: {
          engine: 'postgres',
          at: 'own:eu/berlin',
          grade: 'test',
          fields: { host: 'db', database: 'shop', password: { secret: 'shop' } },
        },
      },
      stores: { main: { engine: 'postgres', fields: { embedded: true, database: 'store' } } },
      route: [{ larger: '500GB', to: 'main' }, { to: 'main' }],
      replicas: {
        lake: { on: [{ engine: 'duckdb', fields: { file: 'lake.duckdb' } }], serves: ['analytics', 'reports'] },
      },
    });
    const at = (address: string, ...path: (string | number)[]) => {
      const place = placeOf(places, address, ...path);
      const line = place && source(place.file)?.split('\n')[place.line - 1];
      return place && `${place.file}:${place.line} ${/^\W*\w+/.exec(line?.slice(place.column - 1) ?? '')?.[0]}`;
    };
    expect({
      datastore: at('retail/sales/orders'),
      source: at('retail/sales/orders', 'source'),
      freshness: at('retail/sales/orders', 'promises', 'freshness'),
      dataset: at('retail/sales/orders.customers'),
      from: at('retail/sales/orders.customers', 'from'),
      column: at('retail/sales/orders.customers#name', 'type'),
      group: at('retail/insight/reporting.dashboard'),
      latency: at('retail/insight/reporting.dashboard', 'latency'),
      read0: at('retail/insight/reporting.dashboard', 'read', 0),
      read1: at('retail/insight/reporting.dashboard', 'read', 1),
      host: at('environment:local', 'connections', 'shop', 'fields', 'host'),
      shop: at('environment:local', 'connections', 'shop'),
      file: at('environment:local', 'replicas', 'lake', 'on', 0, 'fields', 'file'),
      team: at('retail/sales', 'owner'),
      mesh: at('mesh'),
    }).toEqual({
      datastore: 'sales/orders.ts:5 datastore',
      source: 'sales/orders.ts:6 source',
      freshness: 'sales/orders.ts:9 freshness',
      dataset: 'sales/orders.ts:11 customers',
      from: 'sales/orders.ts:11 from',
      column: 'sales/orders.ts:13 name',
      group: 'insight/reporting.ts:5 dashboard',
      latency: 'insight/reporting.ts:5 latency',
      read0: "insight/reporting.ts:7 'retail",
      read1: 'insight/reporting.ts:6 { from',
      host: 'local.ts:4 host',
      shop: 'local.ts:4 shop',
      file: 'local.ts:7 file',
      team: 'mesh.ts:4 owner',
      mesh: 'mesh.ts:3 mesh',
    });
  });

  test('an imported object is a reference, and exporting it again is no second definition', async () => {
    const { model, findings } = await loaded({
      ...mesh,
      'orders.ts': orders,
      'all.ts': `import orders from './orders.ts';\nexport { default } from './orders.ts';\nexport const list = [orders];\nexport * from './mesh.ts';\n`,
    });
    expect(lines(findings)).toEqual([
      "all.ts:1:1 nothing-defined 'all.ts' exports no object of the model and no file imports it, so it has no effect.",
    ]);
    expect(Object.keys(model?.datastores ?? {})).toEqual(['retail/sales/orders']);
  });

  test('functions of a shared file make objects for the file that exports them', async () => {
    const { model, findings, places } = await loaded({
      ...mesh,
      'shared.ts': `import { datastore, int32, snapshot, table } from 'freehold';
export function store(name: string) {
  return datastore(\`retail/sales/\${name}\`, { source: 'shop', changes: snapshot(), datasets: { t: table({ key: ['id'] }, { id: int32() }) } });
}
`,
      'many.ts': `import { store } from './shared.ts';\nexport default ['a', 'b'].map(store);\nexport const c = store('c');\n`,
    });
    expect(lines(findings)).toEqual([]);
    expect(Object.keys(model?.datastores ?? {})).toEqual(['retail/sales/a', 'retail/sales/b', 'retail/sales/c']);
    expect(placeOf(places, 'retail/sales/a.t#id')).toMatchObject({ file: 'shared.ts', line: 3 });
  });

  test('of two definitions with one address each is shown', async () => {
    const { findings } = await loaded({ ...mesh, 'a.ts': orders, 'b.ts': orders });
    expect(findings).toMatchObject([
      {
        rule: 'duplicate-definition',
        address: 'retail/sales/orders',
        at: { file: 'b.ts', line: 5, column: 16 },
        related: [{ at: { file: 'a.ts', line: 5, column: 16 } }],
      },
    ]);
  });

  test('a model without a mesh says so, and has no digest', async () => {
    const { model, digest, findings } = await loaded({ 'a.ts': orders });
    expect([model, digest, findings.map((f) => f.rule)]).toEqual([null, null, ['no-mesh']]);
  });

  test('the digest is the same for every order of words and files', async () => {
    const one = await loaded({ ...mesh, 'a.ts': orders });
    const moved = await loaded({
      ...mesh,
      'z/other.ts': orders.replace("  source: 'shop',\n", '').replace('production: false', "source: 'shop'"),
    });
    expect(moved.digest).toBe(one.digest);
  });

  test('dot folders, node_modules, tests and declarations are no part of a model', async () => {
    const { findings } = await loaded({
      ...mesh,
      '.git/x.ts': 'broken(',
      'node_modules/x/index.ts': 'broken(',
      'a.test.ts': 'broken(',
      'a.d.ts': 'broken(',
    });
    expect(findings).toEqual([]);
  });
});

test("what is wrong with an object that could not be read is its team's, where the model says whose", async () => {
  const { findings } = await loaded({
    ...mesh,
    'bad.ts': "import { workspace } from 'freehold';\nexport default workspace('retail/sales/x', { group: {} });\n",
    'worse.ts': "import { workspace } from 'freehold';\nexport default workspace('nowhere/sales/x', { group: {} });\n",
  });
  const owners = new Set(findings.map(({ address, owner }) => `${address}: ${owner}`));
  expect([...owners].sort()).toEqual([
    'nowhere/sales/x: null',
    expect.stringMatching(/^retail\/sales\/x: approvers user \d+/),
  ]);
});

test('what a word is given and does not take is a finding where it stands, and costs nothing else', async () => {
  const { model, findings } = await loaded({
    ...mesh,
    'a.ts': `import { datastore, int32, snapshot, table } from 'freehold';
export default datastore('retail/sales/x', { source: 'shop', changes: snapshot(), datasets: {
  t: table({ key: ['id'] }, { id: int32(), note: int32().nullable(false) }),
} }, { production: true });
`,
    'b.ts': `import { all, approvers, encrypted, github, readableBy, user, when, zone } from 'freehold';
export default zone('retail', {
  teams: {
    sales: { owner: approvers([user(11)], { hots: 'git.acme.example' }) },
    insight: { owner: github('acme/insight', { id: 7, hots: 'git.acme.example' }) },
  },
  policies: { readers: when(encrypted(), readableBy({ zones: ['retail'], teems: ['retail/sales'] }), all()) },
});
`,
  });
  expect(lines(findings).filter((line) => !line.includes('duplicate-definition'))).toEqual([
    "a.ts:3:67 surplus-value 'nullable' takes no value, and is given 'false' as one more, which nothing would read.",
    "a.ts:4:6 surplus-value 'datastore' takes 2 values, and is given '{ production: true }' as one more, which nothing would read.",
    expect.stringMatching(/^b\.ts:4:\d+ unknown-attribute .*'owner.hots'/),
    expect.stringMatching(/^b\.ts:5:\d+ unknown-attribute .*'owner.hots'/),
    expect.stringMatching(/^b\.ts:7:\d+ unknown-attribute .*\.teems'/),
    "b.ts:7:102 surplus-value 'when' takes 2 values, and is given 'all()' as one more, which nothing would read.",
  ]);
  expect(Object.keys(model?.datastores ?? {})).toEqual(['retail/sales/x']);
});

test('a model with surplus values is whole, so that a change elsewhere can be judged; each is of the object around it', async () => {
  const { digest, findings } = await loaded({
    ...mesh,
    'a.ts': `import { datastore, int32, snapshot, table } from 'freehold';
const shared = int32(1);
const of = (id: typeof shared) => ({ source: 'shop', changes: snapshot(), datasets: { t: table({ key: ['id'] }, { id }) } });
export const x = datastore('retail/sales/x', of(shared));
export const y = datastore('retail/sales/y', of(int32(
  'a text that is longer than what a finding shows of it')));
`,
  });
  expect(digest).not.toBeNull();
  expect(findings.map(({ address, owner, at }) => [at?.line, address, owner])).toEqual([
    [2, null, null],
    [6, 'retail/sales/y', 'approvers user 11'],
  ]);
  expect(findings[1]?.message).toContain("given ''a text that is longer than what a findi...' as one more");
});

test('a mesh that cannot be read is told of by what is wrong with it, and not as missing', async () => {
  const { findings, digest } = await loaded({
    'mesh.ts': mesh['mesh.ts'].replace('language: 1,', 'language: 1, clasification: {},'),
  });
  expect([digest, lines(findings)]).toEqual([
    null,
    [expect.stringMatching(/^mesh\.ts:3:\d+ unknown-attribute .*Did you mean 'classification'/)],
  ]);
});
