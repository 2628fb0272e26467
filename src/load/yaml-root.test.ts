import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { documentsSchema } from './documents-schema.ts';
import { lines, loaded, mesh } from './testing/model.ts';

const page = await readFile(new URL('../../docs/yaml.md', import.meta.url), 'utf8');
const example = /^```yaml model\.yaml\n(.*?)^```$/ms.exec(page)?.[1] ?? '';
const schemaFile = fileURLToPath(new URL('../../docs/schemas/model.schema.json', import.meta.url));

const stock = `version: 1
datasets:
  items: { key: [id], columns: { id: int64, name: text } }
  bins: { columns: { id: int64 } }
  moves: { columns: { id: int64 } }
`;

const crm = `apiVersion: v3.1.0
kind: DataContract
id: crm
version: 1.0.0
status: active
schema:
  - name: buyers
    properties:
      - { name: id, logicalType: integer, primaryKey: true }
      - { name: mail, physicalType: varchar(80), classification: restricted }
`;

const words = `import {
  accepted, all, any, approved, approvers, array, between, cdc, classified, compares, consent, date, datastore, decimal, declared,
  declassification, direct, duckdb, encrypted, engines, enumOf, environment, excluded, fresh, from, fromContract, fromSchema, github, grade, group,
  image, int64, keep, larger, length, matches, mesh, named, not, offer, otherwise, output, postgres, present, production, readableBy, refers, retain,
  rows, secret, snapshot, sql, table, timestamptz, transformer, unique, user, varchar, vendors, watermark, when, within, workspace, zone,
} from 'freehold';
const none = '0'.repeat(64);
export default mesh('acme', {
  language: 1, doc: 'The mesh of Acme.', owner: approvers([user(11)]),
  zones: { retail: approvers([user(21)]), risk: github('acme/risk', { id: 77, host: 'ghe.acme.com' }) },
  environments: { prod: approvers([user(12), user(13)], { host: 'ghe.acme.com' }) },
  vendors: { own: ['eu/berlin'], aws: ['eu/eu-central-1'] },
  classification: {
    levels: ['public', 'internal', 'confidential'],
    labels: { pii: { dischargedBy: ['null', 'hash', 'tokenize'] }, mnpi: {} },
  },
  regulators: { BaFin: { minimumRetention: '5y', within: '*:eu' } },
  signers: [{ key: 'ssh-ed25519 AAAA', from: '2026-01-01', until: '2027-01-01', revoked: '2026-06-01' }],
  recovery: { signatures: 2, waiting: '7d' },
});
export const retail = zone('retail', {
  doc: 'Shops and what they sell.',
  teams: {
    sales: {
      owner: github('acme/sales-data', { id: 48213 }), doc: 'Who sells.', contact: { chat: '#sales-data' },
      signers: [{ key: 'ssh-ed25519 BBBB' }],
    },
    insight: {
      owner: approvers([user(31)]),
      may: { clearance: 'confidential', labels: ['pii'], priority: 'critical', readers: ['group:bi-users'] },
    },
  },
  policies: {
    'pii stays in the EU': when(classified('pii'), within('*:eu')),
    where: all(vendors('own', 'aws'), engines('postgres'), any(grade('test'), encrypted())),
    who: from('2027-01-01', readableBy({ zones: ['retail'], teams: ['risk/audit'] }), { doc: 'From next year.' }),
    'how long': retain({ min: '1d', max: '8y' }),
    names: named('column', /[a-z_]+/),
    'not production': any(not(production()), direct()),
  },
  notice: '30d',
  terms: { customer: 'Who has bought.' },
  signers: [{ key: 'ssh-ed25519 CCCC' }],
});
export const orders = datastore('retail/sales/orders', {
  doc: 'Customers and orders of the web shop.', production: true, version: '2.1.0', source: 'shop',
  changes: watermark('updated_at', { late: '5m', sweep: '1h', maxDeleted: '50%' }), together: false, promises: { freshness: '10s' },
  consumers: approved('retail/insight/reporting.dashboard'), classification: 'internal',
  deprecated: { removal: '2027-12-31', reason: 'A newer one is there.', use: 'retail/sales/orders2' }, tags: ['shop'],
  tombstones: [{ name: 'carts', removed: '2026-01-01' }],
  datasets: {
    customers: table(
      {
        doc: 'Who has bought.', from: 'public.Customers', key: ['id'], appendOnly: false, deprecated: { removal: '2027-12-31' },
        formerly: ['clients'], tags: ['people'], tombstones: [{ name: 'fax', removed: '2026-01-01' }],
        quality: [
          declared(), declared({ otherwise: 'warn' }), present('name', { share: 0.99, otherwise: 'warn', every: '6h' }), present('name', { above: 0.95 }), accepted('state', ['new', 'old'], { otherwise: 'divert' }),
          excluded('name', [null, '', 'n/a'], { exceptions: 3 }),
          between('price', { min: 0, max: '9999.99' }), length('name', { min: 1, max: 80 }), matches('name', '[A-Z].*'), compares('id', '<=', 'price'),
          unique(['name', 'state']), refers('id', 'customers'), rows({ min: 1, max: 1_000_000, change: '20%' }, { otherwise: 'warn' }), fresh('updated_at', '1h'),
        ],
      },
      {
        id: int64(), updated_at: timestamptz(3), price: decimal(12, 2).nullable(), state: enumOf('new', 'old').nullable(),
        list: array(varchar(10)),
        name: varchar(100).nullable().doc('As on the invoice.').from('Name').level('confidential').label('pii').default('')
          .deprecated({ removal: '2027-12-31', reason: 'Nobody reads it.' }).formerly('full_name').term('customer').tag('text'),
      },
    ),
  },
});
export const daily = datastore('retail/sales/daily', {
  changes: output('retail/sales/make_daily'),
  datasets: { sums: table({ appendOnly: true }, { day: date(), total: decimal(12, 2) }) },
});
export const stock = datastore('retail/sales/stock', {
  source: 'stock', changes: cdc(),
  datasets: fromSchema('./stock.schema.yaml', {
    classify: [[/(^|_)name$/i, 'pii']],
    items: {
      doc: 'What there is.', deprecated: { removal: '2027-12-31' }, formerly: ['things'],
      tombstones: [{ name: 'weight', removed: '2026-01-01' }],
      quality: [present('id')],
      columns: {
        name: {
          doc: 'Of whom.', level: 'internal', labels: ['mnpi'], default: 'x', deprecated: { removal: '2027-12-31' }, formerly: ['called'],
        },
      },
    },
    bins: { leaveOut: true },
    moves: { key: ['id'], appendOnly: false },
  }),
});
export const crm = datastore('retail/sales/crm', {
  source: 'crm', changes: snapshot({ compare: 'checksum', maxDeleted: '5%' }),
  datasets: fromContract('./crm.odcs.yaml', {
    levels: { restricted: 'confidential' }, classify: [[/mail/, 'pii']], buyers: { doc: 'Who buys.' },
  }),
});
export const byHand = datastore('retail/sales/crm_by_hand', {
  source: 'crm', changes: snapshot(), datasets: { people: fromContract('./crm.odcs.yaml#buyers') },
});
export const reporting = workspace('retail/insight/reporting', {
  doc: 'What the business looks at.', production: true, clearance: 'confidential', labels: ['pii'], priority: 'critical',
  readers: ['group:bi-users'], acknowledges: ['retail/sales/orders'],
  groups: {
    dashboard: group({
      doc: 'On the wall.', latency: '10s', for: 'lookup',
      read: ['retail/sales/stock.*', {
        from: 'retail/sales/orders.customers', columns: ['id', 'name'], mask: { name: 'null' }, rows: 'id > 0', nulls: 'ok', enums: 'open',
      }],
    }),
    audit: group({ history: 'full', retention: '7y', regulator: 'BaFin', read: ['retail/sales/orders.*'] }),
  },
});
export const make = transformer('retail/sales/make_daily', {
  doc: 'A sum for each day.', production: true, clearance: 'internal', labels: ['pii'], acknowledges: ['retail/sales/orders'],
  reads: { customers: 'retail/sales/orders.customers', stock: { from: 'retail/sales/stock.items', columns: ['id'] } },
  code: sql({ sums: 'select current_date as day, 1.0 as total from customers' }, { dialect: 'duckdb' }),
});
export const other = transformer('retail/sales/make_other', {
  reads: { customers: 'retail/sales/orders.customers' }, code: image('registry.acme.com/other@sha256:' + none),
});
export const prod = environment('prod', {
  doc: 'Where it counts.',
  ledger: postgres({ host: 'ledger', database: 'ledger', at: 'own:eu/berlin', encrypted: true }),
  connections: {
    shop: postgres({
      host: 'shop-db.internal', port: 5432, database: 'shop', password: secret('shop-reader'), at: 'own:eu/berlin', grade: 'production',
      teams: ['retail/sales'],
    }),
  },
  stores: { main: postgres({ embedded: true, database: 'store', durability: keep('1h'), layout: 'history' }) },
  route: [larger('500GB').to('main'), otherwise('main')],
  replicas: { lake: { on: [duckdb({ file: 'lake.duckdb' })], serves: ['reports', 'analytics'] } },
});
export const statements = [
  consent('wider_name', {
    mesh: 'acme', rule: 'type-narrowed', address: 'retail/sales/orders.customers', before: null, after: none, party: 'retail/insight',
    reason: 'We read it as text.', notAfter: '2027-01-31', nonce: '4f1c',
  }),
  declassification('sums_are_free', {
    zone: 'retail', transformer: 'retail/sales/make_daily', of: ['retail/sales/daily.sums'], code: none, drops: ['pii'],
    reason: 'Only sums are left.', until: '2027-01-31',
  }),
  offer('orders_to_insight', {
    address: 'retail/sales/orders', digest: none, to: approvers([user(31)]), as: 'retail/insight/orders', until: '2027-01-31',
  }),
];
`;

const named = { 'stock.schema.yaml': stock, 'crm.odcs.yaml': crm };

describe('a model in YAML', () => {
  test('is the model that the words of TypeScript make, whichever attribute is said', async () => {
    const written = await loaded({ 'model.yaml': example, ...named });
    const spoken = await loaded({ 'model.ts': words, ...named });
    expect(lines(written.findings)).toEqual([]);
    expect(lines(spoken.findings)).toEqual([]);
    expect(written.model).toEqual(spoken.model);
    expect(written.digest).toBe(spoken.digest);
  });

  test('stands where its parts are written', async () => {
    const { findings } = await loaded({
      ...mesh,
      'a.yaml': `datastore: retail/sales/a
source: shop
changes: { watermark: '' }
datasets:
  t:
    key: [id]
    columns:
      id: { type: int65 }
---
workspace: retail/insight/w
groups:
  g:
    read:
      - retail/sales/a.t
      - { from: retail/sales/a.t, columms: [id] }
---
environment: local
ledger: { postgres: { host: [1] } }
connections: {}
stores: { main: { postgres: { grade: best } } }
`,
      'b.yml': `zone: risk
teams:
  t: { owner: { approvers: [0] } }
  u: { owner: { github: { name: a/b } } }
  v: { owner: me }
policies:
  p: { when: { if: { classifed: pii }, demand: { within: [] } } }
  q: { encrypted: yes }
`,
    });
    expect(findings.find(({ at }) => at?.line === 8)?.help).toBe(
      'Write int32, or another type such as varchar(40) or decimal(12, 2).',
    );
    expect(lines(findings)).toEqual([
      "a.yaml:3:12 invalid-value datastore 'retail/sales/a': 'changes.column' must be text that is not empty, and is ''.",
      "a.yaml:8:13 invalid-value column 'retail/sales/a.t#id': 'type' must be a type such as varchar(40) or decimal(12, 2), and is 'int65'.",
      "a.yaml:15:35 unknown-attribute group 'retail/insight/w.g': attribute 'read.1.columms' is not known. Did you mean 'columns'?",
      "a.yaml:18:23 invalid-value environment 'local': 'ledger.fields.host' must be text, a number, true or false, or a secret, and is a list.",
      "a.yaml:20:31 invalid-value environment 'local': 'stores.main.grade' must be 'production' or 'test', and is 'best'.",
      "b.yml:3:29 invalid-value team 'risk/t': 'owner.users.0' must be a whole number above 0, and is 0.",
      "b.yml:4:8 missing-attribute team 'risk/u': attribute 'owner.id' is missing.",
      "b.yml:5:8 invalid-value team 'risk/v': 'owner' must be an owner: { github: { name, id } } or { approvers: [11] }, and is 'me'.",
      expect.stringMatching(/^b\.yml:7:16 invalid-value zone 'risk': 'policies\.p\.if' must be a predicate, /),
      expect.stringMatching(
        /^b\.yml:7:\d+ invalid-value zone 'risk': 'policies\.p\.demand\.regions' must have at least one name, and is empty/,
      ),
      expect.stringMatching(/^b\.yml:8:3 invalid-value zone 'risk': 'policies\.q' must be a predicate, /),
    ]);
  });

  test.each([
    ['no YAML', 'zone: [\n', /^a\.yaml:2:1 syntax-error this is no YAML/],
    [
      'a name twice',
      'zone: a\nteams: {}\nzone: b\n',
      "a.yaml:3:1 syntax-error this is no YAML that a model can be read from: 'zone' is there twice.",
    ],
    ['tabs', 'zone: a\nteams:\n\tx: {}\n', /^a\.yaml:3:1 syntax-error .*[Tt]ab/],
    ['an anchor', 'zone: &a b\n', /^a\.yaml:1:1 syntax-error .*anchors/],
    ['an alias', 'zone: x\ndoc: *a\n', /^a\.yaml:2:6 syntax-error /],
    ['a bomb', `a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n`, /^a\.yaml:1:1 syntax-error .*anchors/],
    ['a tag', 'zone: !!str b\n', /^a\.yaml:1:1 syntax-error .*tags/],
    ['a tag of code', 'zone: !!js/function "x"\n', /^a\.yaml:1:\d+ syntax-error /],
    ['a directive', '%YAML 1.1\n---\nzone: yes\n', /^a\.yaml:1:1 syntax-error .*directives/],
    [
      'a merge',
      'zone: x\n<<: { teams: {} }\nteams: {}\n',
      "a.yaml:2:1 unknown-attribute zone 'x': attribute '<<' is not known.",
    ],
    [
      'a prototype',
      'zone: x\n__proto__: { teams: {} }\n',
      /^a\.yaml:2:1 syntax-error .*nothing can be named '__proto__'/,
    ],
    ['a list', '- zone: x\n', 'a.yaml:1:1 missing-attribute this document is no object of a model.'],
    ['text', 'hello\n', 'a.yaml:1:1 missing-attribute this document is no object of a model.'],
    [
      'no kind',
      'datastor: a/b/c\n',
      "a.yaml:1:1 missing-attribute this document does not say what it is, so nothing is made of it. Did you mean 'datastore'?",
    ],
    [
      'two kinds',
      'zone: x\nteams: {}\nmesh: y\n',
      'a.yaml:3:1 missing-attribute this document says that it is a zone and a mesh.',
    ],
    ['nothing', '# nothing\n---\n', /^a\.yaml:1:1 nothing-defined /],
    ['deep nesting', `zone: ${'['.repeat(5000)}\n`, /^a\.yaml:\d+:\d+ syntax-error /],
    [
      'deep nesting that ends',
      `zone: ${'['.repeat(100)}${']'.repeat(100)}\n`,
      /^a\.yaml:1:\d+ syntax-error .*nested too deeply/,
    ],
    [
      'no name',
      'zone:\nteams: {}\n',
      "a.yaml:1:1 invalid-value zone '': 'name' must be a name of a-z, 0-9 and _, with a letter first, and is null.",
    ],
    ['a map as a name', '? { a: b }\n: c\nzone: x\n', /^a\.yaml:1:\d+ syntax-error .*a name must be text/],
    [
      'a number for text',
      'zone: x\nteams: {}\ndoc: 1\n',
      "a.yaml:3:1 invalid-value zone 'x': 'doc' must be text, and is 1.",
    ],
  ])('with %s costs a finding with its place', async (_, text, expected) => {
    const { findings, digest, model } = await loaded({ ...mesh, 'a.yaml': text });
    const found = lines(findings.filter((one) => one.at?.file === 'a.yaml'));
    expect(found).toContainEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
    expect(digest === null).toBe(findings.some((one) => one.severity === 'error'));
    expect(Object.keys(model?.zones ?? {})).toEqual(['retail']);
  });

  test('of many names is read in as many steps', async () => {
    const text = `zone: risk\nteams: {}\nterms:\n${Array.from({ length: 20_000 }, (_, i) => `  t${i}: x\n`).join('')}`;
    const { model } = await loaded({ ...mesh, 'a.yaml': text }, { wallMs: 60_000 });
    expect(Object.keys(model?.zones.risk?.terms ?? {})).toHaveLength(20_000);
  });

  test('other YAML is no part of it', async () => {
    const { findings } = await loaded({
      ...mesh,
      'x.odcs.yaml': '[',
      'x.test.yaml': '[',
      '.github/workflows/x.yaml': '[',
      'node_modules/x/y.yml': '[',
    });
    expect(findings).toEqual([]);
  });
});

describe('the published schema of a document', () => {
  const schema = documentsSchema();
  const validate = new Ajv({ strict: false, allErrors: false }).compile(schema);
  const documents = parseAllDocuments(example).map((one) => one.toJS());

  // After a change of what is read:  npx vitest run src/load/yaml-root.test.ts -u
  test('is what the readers say that they take', async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(schemaFile);
  });

  test('knows every place: no reader is silent about what it takes', () => {
    expect(JSON.stringify(schema)).not.toContain('"anything"');
  });

  test('takes the examples, and no attribute that is not theirs', () => {
    for (const document of documents) {
      expect([validate(document), validate.errors]).toEqual([true, null]);
      for (const name of Object.keys(document)) {
        if (kinds.includes(name)) continue;
        const { [name]: value, ...rest } = document;
        expect([name, validate({ ...rest, [`${name}x`]: value })]).toEqual([name, false]);
      }
    }
  });

  test('the examples say every attribute that it has', () => {
    const said = new Set<string>();
    for (const document of documents) note(document, schema, said);
    expect([...attributesIn(schema)].filter((one) => !said.has(one))).toEqual([]);
  });
});

const kinds = [
  'mesh',
  'zone',
  'datastore',
  'workspace',
  'transformer',
  'environment',
  'consent',
  'declassification',
  'offer',
];

type Node = { readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every attribute of a schema, by the object schema that has it and its name. */
function attributesIn(schema: Node): Set<string> {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const one of node) visit(one);
    if (!isNode(node)) return;
    for (const name of Object.keys(isNode(node.properties) ? node.properties : {})) found.add(attributeOf(node, name));
    for (const part of Object.values(node)) visit(part);
  };
  visit(schema);
  return found;
}

function attributeOf(object: Node, name: string): string {
  return `${name} of ${Object.keys(isNode(object.properties) ? object.properties : {}).join()}`;
}

/** Notes the attributes that a document says. */
function note(value: unknown, schema: Node, said: Set<string>, definitions: unknown = schema.definitions): void {
  for (const one of alternatives(schema, definitions)) {
    if (Array.isArray(value) && isNode(one.items)) for (const item of value) note(item, one.items, said, definitions);
    if (!isNode(value)) continue;
    const properties = isNode(one.properties) ? one.properties : {};
    // Of alternatives, the one that it is.
    if (Array.isArray(one.required) && one.required.some((name) => !(name in value))) continue;
    for (const [name, member] of Object.entries(value)) {
      const own = properties[name];
      if (isNode(own)) {
        said.add(attributeOf(one, name));
        note(member, own, said, definitions);
      } else if (isNode(one.additionalProperties)) note(member, one.additionalProperties, said, definitions);
    }
  }
}

function alternatives(schema: Node, definitions: unknown): Node[] {
  const referred =
    schema.$ref === '#/definitions/predicate' && isNode(definitions) && isNode(definitions.predicate)
      ? alternatives(definitions.predicate, definitions)
      : [];
  const nested = Array.isArray(schema.anyOf)
    ? schema.anyOf.filter(isNode).flatMap((one) => alternatives(one, definitions))
    : [];
  return [schema, ...referred, ...nested];
}

test.each([
  ['{ classifed: pii }', "there is no word 'classifed'", 'Write  { classified: ... }  .'],
  [
    "{ classified: pii, within: ['*:eu'] }",
    "says several: 'classified', 'within'",
    'Write  { all: [{ classified: ... }, { within: ... }] }  .',
  ],
  [
    "{ when: [{ classified: pii }, { within: ['*:eu'] }] }",
    "'when' in it must name its parts",
    'Write  { when: { if: ..., demand: ... } }  .',
  ],
  ['{ encrypted: yes }', "'encrypted' in it must be true", 'Write  { encrypted: true }  .'],
])('a predicate that is nearly one, %s, is told what it lacks', async (written, lacks, help) => {
  const { findings } = await loaded({
    ...mesh,
    'a.yaml': `zone: risk\nteams: {}\npolicies:\n  p: ${written}\n`,
  });
  expect(findings.filter(({ rule }) => rule === 'invalid-value')).toMatchObject([
    { message: expect.stringContaining(`'policies.p' must be a predicate, `), help },
  ]);
  expect(lines(findings).join()).toContain(lacks);
});
