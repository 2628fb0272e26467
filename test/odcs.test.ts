import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../src/base/digest.ts';
import { engineFacts } from '../src/engines/facts.ts';
import { contractOf, contractsOf } from '../src/export/odcs/contracts.ts';
import { lines, loaded, mesh } from '../src/load/testing/model.ts';
import type { Datastore } from '../src/model/model.ts';
import { placeOf } from '../src/model/places.ts';
import { checkText } from '../src/model/quality.ts';
import { review } from '../src/review/review.ts';
import { approvedBy, propose } from '../src/review/testing/propose.ts';
import { typeText } from '../src/types/text.ts';
import {
  contracts,
  customers,
  datastoreOf,
  documentIn,
  exported,
  hasStandard,
  normal,
  odcsErrors,
  ofContract,
  twoObjects,
} from './support/odcs.ts';

describe.each(contracts())('the contract %s', (_, text) => {
  test('comes out as it went in: nothing is lost, and nothing is added', async () => {
    expect(normal(exported(await datastoreOf(text)))).toBe(normal(documentIn(text)));
  });

  test('is the same datastore after it came out and went in again', async () => {
    const datastore = await datastoreOf(text);
    expect(await datastoreOf(JSON.stringify(exported(datastore)))).toEqual(datastore);
  });

  test.runIf(hasStandard)('is valid under the schema of its version, and comes out valid under the same', async () => {
    const document = documentIn(text);
    // Some of the standard's examples call themselves older than the words that they use.
    const versions = (['3.0.2', '3.1.0', '3.2.0'] as const).filter((one) => odcsErrors(one, document).length === 0);
    expect(versions).not.toEqual([]);
    const datastore = await datastoreOf(text);
    for (const version of versions) expect(odcsErrors(version, exported(datastore))).toEqual([]);
  });
});

/** By hand, with every attribute of a dataset and a column. */
const byHand = `import { accepted, array, boolean, binary, char, datastore, date, decimal, declared, enumOf, excluded, float32, float64, int8, int16, int32, int64, interval, json, map, matches, present, rows, snapshot, struct, table, text, time, timestamp, timestamptz, unique, uuid, varchar } from 'freehold';
export default datastore('retail/sales/orders', {
  source: 'shop', changes: snapshot(), production: true, version: '2.1.0', doc: 'Orders.', tags: ['b', 'a'],
  promises: { freshness: '5m' }, deprecated: { removal: '2030-01-01' },
  datasets: {
    all: table({ key: ['b', 'a'], from: '"my.schema".All', doc: 'Every type.', formerly: ['every'], tags: ['x'], quality: [present('y', 0.99), accepted('c', [1, 2], { otherwise: 'divert' }), declared(), rows({ change: '20%' }), rows({ min: 1 }), unique(['d', 'c'], { otherwise: 'warn' }), excluded('l', ['', null], { above: 0.9, otherwise: 'warn' }), matches('k', '[a-z]+', { exceptions: 2 })] }, {
      a: int8(), b: int16(), c: int32(), d: int64(), e: boolean(), f: decimal(), g: decimal(12, 2), h: float32(), i: float64(),
      j: char(3), k: varchar(40), l: text(), m: binary(), n: date(), o: time(3), p: timestamp(), q: timestamptz(0), r: interval(),
      s: uuid(), t: json(), u: enumOf('a', "it's"), v: array(varchar(2)), w: struct({ x: int32(), y: array(text()) }), x: map(text(), decimal(3, 1)),
      y: varchar(9).nullable().doc('why').from('Y').level('internal').label('pii', 'money').tag('t').default('none').term('reason').formerly('w1'),
      z: int64().nullable().deprecated({ removal: '2031-01-01', reason: 'unused', use: 'retail/sales/orders.all#d' }).default(7),
    }),
    log: table({ appendOnly: true, deprecated: { removal: '2030-06-30' }, tombstones: [{ name: 'gone', removed: '2025-01-01' }] }, { line: text() }),
  },
});
`;

async function handMade(): Promise<Datastore> {
  const { model, findings } = await loaded({ ...mesh, 'orders.ts': byHand });
  const datastore = model?.datastores['retail/sales/orders'];
  if (datastore === undefined) throw new Error(lines(findings).join('\n'));
  return datastore;
}

describe('a datastore that was written by hand', () => {
  test.runIf(hasStandard).each(['3.0', '3.1', '3.2'] as const)('is valid in version %s', async (version) => {
    const official = ({ '3.0': '3.0.2', '3.1': '3.1.0', '3.2': '3.2.0' } as const)[version];
    const document = exported(await handMade(), version);
    expect(document.apiVersion).toBe(`v${official}`);
    expect(odcsErrors(official, document)).toEqual([]);
  });

  test.each(['3.0', '3.1', '3.2'] as const)('goes in again with every attribute, in version %s', async (version) => {
    const datastore = await handMade();
    const {
      contract: _,
      source,
      changes,
      production,
      ...again
    } = await datastoreOf(JSON.stringify(exported(datastore, version)));
    // Whether a production system offers it, and how, is nobody's word but the model's.
    const whole = { ...again, source, changes, production: true };
    expect(withSortedChecks(whole)).toEqual(withSortedChecks(datastore));
    expect([source, production]).toEqual(['shop', undefined]);
  });

  test('has its checks as rules of the standard where it has the words', async () => {
    const { schema } = exported(await handMade());
    const [all] = Array.isArray(schema) ? schema : [];
    expect(all).toMatchObject({
      quality: [
        { metric: 'rowCount', mustBeGreaterOrEqualTo: 1 },
        { metric: 'duplicateValues', mustBe: 0, arguments: { properties: ['c', 'd'] } },
      ],
      customProperties: [
        { property: 'freehold.formerly' },
        { property: 'freehold.quality', value: [{ test: 'declared' }, { test: 'rows', change: '20%' }] },
      ],
    });
  });

  test('one dataset of it is a contract too', async () => {
    const one = contractOf(await handMade(), 'log', '3.1');
    expect(one).toMatchObject({
      address: 'retail/sales/orders.log',
      document: { id: 'retail/sales/orders.log', name: 'log' },
    });
    expect(contractOf(await handMade(), 'nothing', '3.1')).toBeNull();
    if (hasStandard) expect(odcsErrors('3.1.0', one?.document)).toEqual([]);
  });
});

/** A contract has checks where they stand: of the object, of each property. */
function withSortedChecks({ datasets, ...rest }: Pick<Datastore, 'datasets'>) {
  const sorted = Object.entries(datasets).map(([name, dataset]) => {
    const { quality = [], ...others } = dataset;
    const checks = [...quality].sort((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1));
    return [name, checks.length === 0 ? others : { ...others, quality: checks }] as const;
  });
  return { ...rest, datasets: Object.fromEntries(sorted) };
}

function withDatasets(datasets: string, files: Record<string, string> = {}) {
  return loaded({
    ...mesh,
    'o/customers.odcs.yaml': customers,
    ...files,
    'o/orders.ts': `import { datastore, fromContract, fromSchema, int32, snapshot, table } from 'freehold';
export default datastore('retail/sales/orders', { source: 'shop', changes: snapshot(), datasets:
${datasets}
});
`,
  });
}

describe('a dataset with a contract of its own', () => {
  test('stands beside others, and each comes out by itself', async () => {
    const { model, findings, places } = await withDatasets(
      "{ buyers: fromContract('./customers.odcs.yaml'), t: table({ key: ['id'] }, { id: int32() }) }",
    );
    expect(lines(findings)).toEqual([]);
    const datastore = model?.datastores['retail/sales/orders'];
    expect(datastore?.datasets.buyers).toMatchObject({
      from: 'crm.customers',
      key: ['customer_id'],
      columns: {
        customer_id: { type: { kind: 'int', bits: 32 }, from: 'CustomerID' },
        mail: { type: { kind: 'varchar', length: 80 }, nullable: true, from: 'Mail', level: 'restricted' },
      },
    });
    expect(placeOf(places, 'retail/sales/orders.buyers')).toEqual({ file: 'o/orders.ts', line: 3, column: 3 });
    expect(placeOf(places, 'retail/sales/orders.buyers#mail', 'level')).toEqual({
      file: 'o/customers.odcs.yaml',
      line: 17,
      column: 9,
    });
    const all = datastore === undefined ? [] : contractsOf(datastore, '3.1');
    expect(all.map(({ address }) => address)).toEqual(['retail/sales/orders', 'retail/sales/orders.buyers']);
    expect(canonicalJson(all[1]?.document ?? null)).toBe(canonicalJson(documentIn(customers)));
  });

  test('may be one object of a contract of several, and stand among those of a schema file', async () => {
    const { model, findings } = await withDatasets(
      "fromSchema('./s.schema.yaml', { buyers: fromContract('./two.odcs.yaml#Customers'), t: { doc: 'a' } })",
      {
        'o/two.odcs.yaml': twoObjects,
        'o/s.schema.yaml': 'version: 1\ndatasets:\n  t: { columns: { id: int32 } }\n',
      },
    );
    expect(lines(findings)).toEqual([]);
    const datasets = model?.datastores['retail/sales/orders']?.datasets ?? {};
    expect(Object.entries(datasets).map(([name, { doc, from }]) => [name, doc, from])).toEqual([
      ['buyers', undefined, 'crm.customers'],
      ['t', 'a', undefined],
    ]);
  });
});

test("a person's words stand beside a contract: levels, labels, what a column means", async () => {
  const more = `, { levels: { internal: 'confidential' }, classify: [[/article/, 'goods']],
    order_lines: { doc: 'Lines.', columns: { at: { labels: ['time'], doc: 'When.' } } } }`;
  const [, text = ''] = contracts().find(([name]) => name === 'v3.0') ?? [];
  const { model, findings } = await ofContract(text, more);
  expect(lines(findings)).toEqual([]);
  const lines_ = model?.datastores['retail/sales/orders']?.datasets.order_lines;
  expect(lines_).toMatchObject({
    doc: 'Lines.',
    columns: { article: { level: 'confidential', labels: ['goods'] }, at: { labels: ['time'], doc: 'When.' } },
  });
});

describe("the standard's own quality rules", () => {
  const checksOf = async (contract: string) => {
    const [, text = ''] = contracts().find(([name]) => name === contract) ?? [];
    const { model, findings } = await ofContract(text);
    const datasets = Object.entries(model?.datastores['retail/sales/orders']?.datasets ?? {});
    return {
      checks: datasets.flatMap(([name, { quality = [] }]) =>
        quality.map((check) => `${name}: ${checkText(check)} ${check.otherwise ?? 'stop'}`),
      ),
      kept: lines(findings).filter((line) => line.includes('contract-rule')),
    };
  };

  test('are checks where they mean the same as one, and else are told of with their reason', async () => {
    expect(await checksOf('v3.0')).toEqual({ checks: ['order_lines: present(article, but 0) warn'], kept: [] });
    expect(await checksOf('v3.1')).toEqual({
      checks: ['parcels: rows(1..999999) warn', 'parcels: unique(noon, sent) warn'],
      kept: [],
    });
    expect(await checksOf('v3.2')).toEqual({
      checks: [
        "stock: excluded(article, '', 'n/a', null) divert",
        'stock: matches(article, /[A-Z]{2}[0-9]+/, above 99%) warn',
      ],
      kept: [
        "o/orders.odcs.yaml:22:13 contract-rule-kept datastore 'retail/sales/orders': 2 quality rules of the contract are kept and not executed: text of 'stock.article' (it is a text for people); invalidValues of 'stock.article' (its pattern is not of the whole text, from ^ to $).",
      ],
    });
  });

  test.runIf(hasStandard)("of the standard's examples", async () => {
    expect((await checksOf('column-completeness')).checks).toEqual(['air_quality: present(unique_id, but 0) warn']);
    expect((await checksOf('column-validity')).checks).toEqual([
      "air_quality: accepted(air_quality_status, '', 'n/a', 95%) warn",
    ]);
    expect((await checksOf('full-example')).checks).toEqual([
      'tbl: rows(1000001..) warn',
      'tbl: present(rcvr_cntry_code, but 0) warn',
    ]);
    expect((await checksOf('column-custom')).kept).toHaveLength(1);
  });

  const rules = customers.replace(
    'classification: restricted',
    'quality: [{ metric: nullValues, mustBe: 0 }, { type: text, description: x }]',
  );

  test("stand before a person's checks, each at its place, and those come out behind them", async () => {
    const { model, findings, places } = await withDatasets(
      "fromContract('./q.odcs.yaml', { customers: { quality: [{ test: 'unique', columns: ['mail'] }, { test: 'length', columns: ['mail'], max: 80 }] } })",
      { 'o/q.odcs.yaml': rules },
    );
    expect(lines(findings).filter((line) => !line.includes('contract-rule-kept'))).toEqual([]);
    const datastore = model?.datastores['retail/sales/orders'];
    expect(datastore?.datasets.customers?.quality?.map(checkText)).toEqual([
      'present(mail, but 0)',
      'unique(mail)',
      'length(mail, ..80)',
    ]);
    const at = (index: number) => placeOf(places, 'retail/sales/orders.customers', 'quality', index);
    expect([at(0)?.file, at(0)?.line, at(1)?.file, at(2)?.file]).toEqual([
      'o/q.odcs.yaml',
      17,
      'o/orders.ts',
      'o/orders.ts',
    ]);
    const [document] = datastore === undefined ? [] : contractsOf(datastore, '3.1');
    expect(document?.document.schema).toMatchObject([
      {
        customProperties: [{ property: 'freehold.quality', value: [{ test: 'length' }] }],
        properties: [
          {},
          {
            quality: [
              { metric: 'nullValues', mustBe: 0 },
              { type: 'text', description: 'x' },
              {
                metric: 'duplicateValues',
                mustBe: 0,
                customProperties: [{ property: 'freehold.otherwise', value: 'stop' }],
              },
            ],
          },
        ],
      },
    ]);
    // Read again it is the same datastore, but for what the contract says by itself.
    const again = await datastoreOf(JSON.stringify(document?.document));
    expect(again.datasets.customers?.quality?.map(checkText).sort()).toEqual(
      datastore?.datasets.customers?.quality?.map(checkText).sort(),
    );
    expect(canonicalJson(exported(again))).toBe(canonicalJson({ ...document?.document }));
  });

  test('are judged like any check: loosened one asks its readers, tightened one nobody', async () => {
    const stop = ', customProperties: [{ property: freehold.otherwise, value: stop }]';
    const side = (rule: string) =>
      loaded({
        ...mesh,
        // Its reader is another team's.
        'mesh.ts': mesh['mesh.ts'].replace('insight: { owner: ana }', 'insight: { owner: approvers([user(12)]) }'),
        'o/orders.odcs.yaml': customers.replace(
          'classification: restricted',
          rule === '' ? 'description: Mail.' : `quality: [{ ${rule} }]`,
        ),
        'o/orders.ts': `import { datastore, fromContract, snapshot } from 'freehold';
export default datastore('retail/sales/orders', {
  source: 'shop', changes: snapshot(), production: true, datasets: fromContract('./orders.odcs.yaml'),
});
`,
        'o/board.ts': `import { group, workspace } from 'freehold';
export default workspace('retail/insight/board', {
  production: true, groups: { all: group({ read: ['retail/sales/orders.customers'] }) },
});
`,
      });
    const found = async (before: string, after: string) => {
      const [base, head] = await Promise.all([side(before), side(after)]);
      if (base.model === null || head.model === null)
        throw new Error(lines([...base.findings, ...head.findings]).join('\n'));
      const proposal = propose(base.model, head.model, approvedBy(11));
      return review(proposal, engineFacts, { asOfMs: 0 }).findings.map(({ rule }) => rule);
    };
    const five = `metric: nullValues, mustBeLessOrEqualTo: 5, unit: percent${stop}`;
    expect(await found(five, five.replace('5', '6'))).toContain('check-loosened');
    expect(await found(five, five.replace(stop, ''))).toContain('check-loosened');
    expect(await found(five, '')).toContain('check-loosened');
    expect(await found(five, five.replace('mustBeLessOrEqualTo', 'mustBeLessThan'))).toEqual([]);
    expect(await found(five, five.replace('mustBeLessOrEqualTo: 5', 'mustBe: 0'))).toEqual([]);
    expect(await found('', five)).toEqual([]);
    // What is only told of was no promise.
    expect(await found(five.replace(stop, ''), '')).toEqual([]);
  });
});

test('types are those of the physical names that people write, else of the logical ones', async () => {
  const [, text = ''] = contracts().find(([name]) => name === 'v3.1') ?? [];
  const { model, findings } = await ofContract(text);
  expect(lines(findings)).toEqual([
    "o/orders.odcs.yaml:42:9 contract-type datastore 'retail/sales/orders': the contract gives a property no type that is known, so text is read: 'parcels.anything'.",
  ]);
  const datastore = model?.datastores['retail/sales/orders'];
  expect(datastore?.deprecated).toEqual({ removal: '2042-05-12' });
  const columns = Object.entries(datastore?.datasets.parcels?.columns ?? {});
  expect(
    columns.map(([name, { type, nullable }]) => `${name} ${typeText(type)}${nullable === true ? '?' : ''}`),
  ).toEqual([
    'parcel uuid',
    'sent timestamptz?',
    'noon time?',
    'labels array(varchar(10))?',
    'address struct(street text,zip char(5))?',
    'weight float32?',
    'anything text?',
  ]);
});

describe('a contract that cannot be read costs a finding with its place', () => {
  const at = 'o/orders.odcs.yaml';
  test.each([
    ['an alias', customers.replace('status: active', 'status: &a active\nname: *a'), `${at}:5:1 contract-file`],
    ['a name twice', `${customers}version: 1.0.0\n`, `${at}:18:1 contract-file`],
    ['a name that is nothing', customers.replace('status:', ': nothing\nstatus:'), `${at}:5:1 contract-file`],
    ['no YAML', customers.replace('schema:', 'schema: ['), 'contract-file'],
    ['a tag', customers.replace('status:', 'tenant: !!binary aGk=\nstatus:'), `${at}:5:1 contract-file`],
    [
      'deep nesting',
      customers.replace('status: active', `status: active\ncontext: ${'['.repeat(100)}${']'.repeat(100)}`),
      `${at}:6:`,
    ],
    ['nesting without end', `a: ${'['.repeat(50_000)}`, 'contract-file'],
    ['another version', customers.replace('v3.1.0', 'v2.2.2'), `${at}:1:1 invalid-value`],
    ['no version', customers.replace('apiVersion: v3.1.0\n', ''), `${at}:1:1 missing-attribute`],
    ['a number as version', customers.replace('version: 1.0.0', 'version: 1.0'), `${at}:4:1 invalid-value`],
    ['no status', customers.replace('status: active\n', ''), `${at}:1:1 missing-attribute`],
    ['a schema that is no list', customers.replace('schema:\n', 'schema:\n  x:\n'), `${at}:`],
    ['a property without a name', customers.replace('name: Mail', 'title: Mail'), `${at}:14:9 missing-attribute`],
    ['a required that is text', customers.replace('primaryKey: true', "required: 'yes'"), `${at}:13:9 invalid-value`],
    [
      'a number that would change',
      customers.replace('id: customers', 'id: 12345678901234567890'),
      `${at}:3:1 contract-file`,
    ],
    ['a number without end', customers.replace('id: customers', 'id: .inf'), `${at}:3:1 contract-file`],
    [
      'an attribute of ours that is wrong',
      customers.replace(
        'physicalName: crm.customers',
        "customProperties: [{ property: freehold.appendOnly, value: 'yes' }]",
      ),
      'invalid-value',
    ],
    [
      'an attribute of ours that is none',
      customers.replace('physicalName: crm.customers', 'customProperties: [{ property: freehold.owner, value: me }]'),
      'unknown-attribute',
    ],
    ['rules that are no list', `${customers}    quality: none\n`, `${at}:18:5 invalid-value`],
    ['something else', 'nothing', 'invalid-value'],
    ['nothing', '', 'invalid-value'],
  ])('%s', async (_, text, expected) => {
    const { digest, findings } = await ofContract(text);
    expect(lines(findings).join('\n')).toContain(expected);
    expect(digest).toBeNull();
  });

  test.each([
    [
      "{ a: fromContract('./customer.odcs.yaml') }",
      "3:3 contract-file dataset 'retail/sales/orders.a': './customer.odcs.yaml' names no contract of the model. Did you mean 'o/customers.odcs.yaml'?",
    ],
    ["{ a: fromContract('./two.odcs.yaml') }", "'o/two.odcs.yaml' has 2 objects in its schema, and a dataset is one."],
    [
      "{ a: fromContract('./two.odcs.yaml#Customer') }",
      "'o/two.odcs.yaml' has no object 'Customer' in its schema. Did you mean 'Customers'?",
    ],
    ["fromContract('./two.odcs.yaml#Customers')", 'names one object of a contract, and a datastore has all of them.'],
    ["fromContract('../../etc/passwd')", 'names no contract of the model'],
    [
      "fromContract('./two.odcs.yaml', { customer: { doc: 'a' } })",
      "the contract has no dataset 'customer'. Did you mean 'customers'?",
    ],
    [
      "fromContract('./two.odcs.yaml'), promises: { freshness: '1h' }",
      "'promises' is said here and, otherwise, in its contract",
    ],
  ])('%s', async (datasets, expected) => {
    const two = `${twoObjects}slaProperties: [{ property: latency, value: 4, unit: d }]\n`;
    const { findings } = await withDatasets(datasets, { 'o/two.odcs.yaml': two });
    expect(lines(findings).join('\n')).toContain(expected);
  });
});
