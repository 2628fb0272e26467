import { describe, expect, test } from 'vitest';
import { must } from '../base/must.ts';
import { testFacts } from '../check/testing/facts.ts';
import { testDatastore, testModel } from '../check/testing/model.ts';
import type { Check, Column, Dataset, Datastore, Model, Tombstone } from '../model/model.ts';
import { digestObject } from '../model/object.ts';
import { parseType } from '../types/text.ts';
import { compatibility } from './compatibility.ts';
import type { Side } from './proposal.ts';
import { breaks, columns, customers, dashboard, model, named, proposalOf } from './testing/breaks.ts';

const someTypes = [
  ...['boolean', 'int8', 'int64', 'float32', 'float64', 'decimal', 'decimal(10,2)', 'decimal(12,4)', 'decimal(40,2)'],
  ...['char(5)', 'varchar(3)', 'varchar(40)', 'text', "enum('a','b')", "enum('b','cccccc')", 'date', 'time(3)', 'uuid'],
  ...['timestamp(3)', 'timestamp', 'timestamptz(3)', 'timestamptz', 'json', 'array(int64)', 'array(float32)'],
  ...['struct(a int64,b text)', 'struct(a float64)', 'map(text,int64)', 'map(int32,text)'],
];

test('a narrowed column names who breaks, from where, by which columns, and the ways out', () => {
  const before = model({ customers: customers({ phone: 'varchar(40)' }) }, [named('id', 'phone')]);
  const after = model({ customers: customers({ phone: 'varchar(20)' }) }, [named('id', 'phone')]);
  const [one] = compatibility(proposalOf(before, after), testFacts, 0);
  expect(one).toMatchObject({
    rule: 'column-narrowed',
    address: 'retail/sales/orders.customers#phone',
    before: digestObject({ kind: 'datastore', address: '', noun: must(before.datastores['retail/sales/orders'], '') }),
    after: digestObject({ kind: 'datastore', address: '', noun: must(after.datastores['retail/sales/orders'], '') }),
    needs: ['retail', 'retail/insight'],
  });
  expect(one?.finding).toMatchObject({
    severity: 'error',
    owner: 'approvers user 4',
    message:
      "column 'phone' of 'retail/sales/orders.customers' changes from varchar(40) to varchar(20): texts must be shorter. Kept columns have no length, so nothing is cut; rows that come in longer are refused, and the stream with them. It breaks group 'retail/insight/reporting.dashboard' (approvers user 5; served from Big; uses 'id', 'phone').",
    help: `Keep varchar(40) or a wider type, or add a column of the new type beside it and deprecate this one, so that readers move first.`,
  });
});

describe('columns', () => {
  const cases: readonly [
    string,
    Readonly<Record<string, string | Column>>,
    Readonly<Record<string, string | Column>>,
    readonly string[],
  ][] = [
    ['nothing changes', { a: 'text' }, { a: 'text' }, []],
    ['one is added that may be null', {}, { a: 'text?' }, []],
    ['one is added with a default', {}, { a: { type: { kind: 'text' }, default: '' } }, []],
    ['one is added and required', {}, { a: 'text' }, ['error column-required #a: retail; no reader']],
    ['one is removed', { a: 'text' }, {}, [`error column-removed #a: retail + retail/insight; ${dashboard}`]],
    [
      'one is renamed',
      { a: 'text' },
      { b: { type: { kind: 'text' }, formerly: ['a'], from: 'a' } },
      [`error column-renamed #a: retail + retail/insight; ${dashboard}`],
    ],
    ['an integer gets wider', { a: 'int16' }, { a: 'int64' }, []],
    [
      'an integer gets narrower',
      { a: 'int64' },
      { a: 'int16' },
      [`error column-narrowed #a: retail + retail/insight; ${dashboard}`],
    ],
    ['a text gets longer', { a: 'varchar(4)' }, { a: 'text' }, []],
    [
      'a date becomes a timestamp',
      { a: 'date' },
      { a: 'timestamp' },
      [`error column-retyped #a: retail + retail/insight; ${dashboard}`],
    ],
    [
      'an integer becomes a decimal',
      { a: 'int32' },
      { a: 'decimal(10,0)' },
      [`error column-retyped #a: retail + retail/insight; ${dashboard}`],
    ],
    ['a float gets wider', { a: 'float32' }, { a: 'float64' }, [`warning column-widened #a: nobody; ${dashboard}`]],
    [
      'an enum gets a value',
      { a: "enum('x')" },
      { a: "enum('x','y')" },
      [`warning column-widened #a: nobody; ${dashboard}`],
    ],
    [
      'an enum loses a value',
      { a: "enum('x','y')" },
      { a: "enum('x')" },
      [`error column-narrowed #a: retail + retail/insight; ${dashboard}`],
    ],
    [
      'a required one may be null',
      { a: 'text' },
      { a: 'text?' },
      [`error column-nullable #a: retail + retail/insight; ${dashboard}`],
    ],
    ['one that may be null is required', { a: 'text?' }, { a: 'text' }, []],
    [
      'a field of a struct in an array gets narrower, another is added',
      { a: 'array(struct(x int64))' },
      { a: 'array(struct(x int32,y text))' },
      [
        `error column-narrowed #a: retail + retail/insight; ${dashboard}`,
        `warning column-widened #a: nobody; ${dashboard}`,
      ],
    ],
    ['the values of a map get wider', { a: 'map(text,int32)' }, { a: 'map(text,int64)' }, []],
    [
      'the keys of a map get narrower',
      { a: 'map(int64,text)' },
      { a: 'map(int32,text)' },
      [`error column-narrowed #a: retail + retail/insight; ${dashboard}`],
    ],
    [
      'docs, tags, terms and defaults change',
      { a: 'text' },
      { a: { type: { kind: 'text' }, doc: 'd', tags: ['t'], default: 'x' } },
      [],
    ],
  ];
  test.each(cases)('%s', (_, before, after, expected) => {
    const found = breaks(model({ customers: customers(before) }), model({ customers: customers(after) }));
    expect(found).toEqual(expected.map((line) => line.replace('#', 'retail/sales/orders.customers#')));
  });

  test('without a reader that uses it, a column that is removed, renamed or made nullable asks nobody', () => {
    const base = model({ customers: customers({ a: 'text', b: 'text', c: 'text', d: 'date' }) }, [named('id')]);
    const formerly = { type: { kind: 'text' }, formerly: ['b'], from: 'b' } as const;
    const head = model({ customers: customers({ b2: formerly, c: 'text?', d: 'timestamp' }) }, [named('id')]);
    expect(breaks(base, head)).toEqual([]);
  });

  test('where kept rows would not fit, the zone is asked even if nobody reads', () => {
    const base = model({ customers: customers({ a: 'int64' }) }, [named('id')]);
    const head = model({ customers: customers({ a: 'int32' }) }, [named('id')]);
    expect(breaks(base, head)).toEqual(['error column-narrowed retail/sales/orders.customers#a: retail; no reader']);
  });
});

test('a change of a type asks for one consent, whatever it does: what breaks by it is one finding', () => {
  const several: string[] = [];
  for (const from of someTypes)
    for (const into of someTypes) {
      const [base, head] = [from, into].map((type) => model({ customers: customers({ a: type }) }));
      const found = compatibility(proposalOf(must(base, from), must(head, into)), testFacts, 0);
      const broken = found.filter(({ finding }) => finding.severity === 'error');
      if (broken.length > 1) several.push(`${from} -> ${into}: ${broken.map(({ rule }) => rule).join(' + ')}`);
    }
  expect(several).toEqual([]);
  const [base, head] = ['int64', 'float64'].map((type) => model({ customers: customers({ a: type }) }));
  const [one] = compatibility(proposalOf(must(base, ''), must(head, '')), testFacts, 0);
  expect(one?.finding.message).toMatch(
    /^column 'a' .* from int64 to float64: an integer becomes a float that has bits for all its digits; floats get fewer bits, or too few/,
  );
});

describe('identity', () => {
  const tombstones = (...marks: string[]): readonly Tombstone[] =>
    marks.map((name) => ({ name, removed: '2026-01-01' }));

  test('a column of the name of a removed one is another: who read the old one breaks', () => {
    const base = model({ customers: customers({ a: 'text' }) });
    const head = model({ customers: customers({ a: 'text?' }, { tombstones: tombstones('a') }) });
    expect(breaks(base, head)).toEqual([
      `error column-removed retail/sales/orders.customers#a: retail + retail/insight; ${dashboard}`,
    ]);
  });

  test('two columns that swap names are each renamed, and so is a chain', () => {
    const was = (type: string, name: string): Column => ({
      type: must(parseType(type), type),
      formerly: [name],
      from: name,
    });
    const base = model({ customers: customers({ a: 'text', b: 'date' }) }, [named('a', 'b')]);
    const swapped = model({ customers: customers({ a: was('date', 'b'), b: was('text', 'a') }) }, [named('a', 'b')]);
    expect(breaks(base, swapped).map((line) => line.split(':')[0])).toEqual([
      'error column-renamed retail/sales/orders.customers#b',
      'error column-renamed retail/sales/orders.customers#a',
    ]);
    // What is called 'b' now is what was called 'a': whoever asks for 'b' is told, even if it changed along.
    const chained = model({ customers: customers({ b: was('text', 'a'), c: was('date', 'b') }) }, [named('b', 'c')]);
    expect(breaks(base, chained).map((line) => line.split(':')[0])).toEqual([
      'error column-renamed retail/sales/orders.customers#b',
    ]);
  });

  test('a renamed key column leaves the key as it was; another key breaks every reader and its history', () => {
    const base = model({ customers: customers({}) }, [named('id')]);
    const renamed = {
      key: ['no'],
      columns: { no: { type: { kind: 'int', bits: 32 }, formerly: ['id'], from: 'id' } },
    } as const;
    expect(breaks(base, model({ customers: renamed }, [named('no')]))).toEqual([]);
    const other = model({ customers: customers({ a: 'int32?' }, { key: ['a'] }) }, [named('id')]);
    expect(breaks(base, other)).toEqual([
      `error key-changed retail/sales/orders.customers: retail + retail/insight; ${dashboard}`,
    ]);
    const both = (key: readonly string[]) => model({ customers: customers({ a: 'int32' }, { key }) }, [named('id')]);
    expect(breaks(both(['id', 'a']), both(['a', 'id']))).toEqual([]);
  });

  test('a dataset is renamed or removed: readers of all datasets break, one that asks for the new name does not', () => {
    const base = { customers: customers({}), orders: customers({}) };
    const renamed = {
      clients: customers({}, { formerly: ['customers'], from: 'customers' }),
      orders: customers({}),
    };
    expect(breaks(model(base), model(renamed))).toEqual([
      `error dataset-renamed retail/sales/orders.customers: retail + retail/insight; ${dashboard}`,
    ]);
    expect(breaks(model(base, [named('id')]), model(renamed, [{ from: 'retail/sales/orders.clients' }]))).toEqual([]);
    expect(breaks(model(base), model({ orders: base.orders }))).toEqual([
      `error dataset-removed retail/sales/orders.customers: retail + retail/insight; ${dashboard}`,
    ]);
    const narrowed = {
      clients: customers({}, { formerly: ['customers'], from: 'customers', columns: columns({ id: 'int16' }) }),
      orders: base.orders,
    };
    expect(breaks(model(base), model(narrowed)).map((line) => line.split(':')[0])).toEqual([
      'error dataset-renamed retail/sales/orders.customers',
      'error column-narrowed retail/sales/orders.customers#id',
    ]);
  });

  test('what was deprecated for long enough goes without asking readers of everything', () => {
    const dated = { type: { kind: 'text' }, deprecated: { removal: '2026-03-01' } } as const;
    const [base, head] = [model({ customers: customers({ a: dated }) }), model({ customers: customers({}) })];
    expect(breaks(base, head, '2026-02-28').length).toBe(1);
    expect(breaks(base, head, '2026-03-01')).toEqual([]);
    const old = model({ customers: customers({}, { deprecated: { removal: '2026-03-01' } }), orders: customers({}) });
    expect(breaks(old, model({ orders: customers({}) }), '2026-03-01')).toEqual([]);
    expect(breaks(old, model({ orders: customers({}) }), '2026-02-28').length).toBe(1);
  });
});

test('a check that stops or diverts is a promise: loosened it breaks who sees its columns, tightened nobody', () => {
  const checked = (...quality: readonly Check[]) =>
    model({ customers: customers({ name: 'text?', total: 'int32?' }, { quality }) });
  const broken = (before: Check, ...after: readonly Check[]) => breaks(checked(before), checked(...after)).length > 0;
  const present: Check = { test: 'present', columns: ['name'] };
  expect(breaks(checked(present), checked())).toEqual([
    `error check-loosened retail/sales/orders.customers: retail + retail/insight; ${dashboard}`,
  ]);
  const range: Check = { test: 'between', columns: ['total'], min: 0, max: 10 };
  const accepted: Check = { test: 'accepted', columns: ['name'], values: ['a', 'b'] };
  const excluded: Check = { test: 'excluded', columns: ['name'], values: ['', 'n/a', null] };
  const unique: Check = { test: 'unique', columns: ['name', 'total'] };
  const less: Check = { test: 'compares', columns: ['id', 'total'], is: '<=' };
  const loosened: readonly (readonly [Check, Check])[] = [
    [present, { ...present, otherwise: 'warn' }],
    [present, { ...present, share: 0.99 }],
    [
      { ...present, share: 0.99 },
      { ...present, share: 0.9 },
    ],
    [present, { ...present, exceptions: 0 }],
    [
      { ...present, share: 0.99 },
      { ...present, above: 0.98 },
    ],
    [
      { ...present, above: 0.99 },
      { ...present, share: 0.99 },
    ],
    [
      { ...present, exceptions: 4 },
      { ...present, exceptions: 5 },
    ],
    [
      { ...present, exceptions: 0 },
      { ...present, share: 0.999 },
    ],
    [excluded, { ...excluded, values: ['n/a', null] }],
    [excluded, present],
    [range, { ...range, max: 11 }],
    [range, { test: 'between', columns: ['total'], min: 0 }],
    [accepted, { ...accepted, values: ['a', 'b', 'c'] }],
    [unique, { ...unique, columns: ['name', 'total', 'id'] }],
    [less, { ...less, is: '>=' }],
    [
      { test: 'rows', change: '10%' },
      { test: 'rows', change: '20%' },
    ],
    [
      { test: 'fresh', columns: ['at'], within: '1h' },
      { test: 'fresh', columns: ['at'], within: '2h' },
    ],
    [
      { test: 'matches', columns: ['name'], pattern: 'a' },
      { test: 'matches', columns: ['name'], pattern: 'a|b' },
    ],
  ];
  // Of a column that is not there nothing is said.
  const isSaid = ([{ columns: of = [] }]: readonly [Check, Check]) => !of.includes('at');
  expect(loosened.filter(isSaid).filter(([before, after]) => !broken(before, after))).toEqual([]);
  expect(loosened.filter(([before, after]) => broken(after, before)).map(([before]) => before.test)).toEqual([
    'compares',
    'matches',
  ]);
  expect(broken(present, { ...present, otherwise: 'divert' })).toBe(false);
  const all = [{ share: 1 }, { exceptions: 0 }].map((limit) => ({ ...present, ...limit }));
  expect(all.flatMap((one) => all.map((other) => broken(one, other)))).toEqual([false, false, false, false]);
  expect(broken({ ...present, otherwise: 'warn' })).toBe(false);
  expect(broken(less, { ...less, is: '=' })).toBe(false);
  const required = model({ customers: customers({ name: 'text', total: 'int32?' }) });
  expect(breaks(checked(present), required)).toEqual([]);
  const copes = [{ from: 'retail/sales/orders.customers', nulls: 'ok' as const }];
  const read = (quality: readonly Check[]) => model({ customers: customers({ name: 'text?' }, { quality }) }, copes);
  expect(breaks(read([present]), read([]))).toEqual([]);
});

test('outside of production breaks are warnings that ask nobody, but for classification', () => {
  const one = (types: Readonly<Record<string, string | Column>>) =>
    model({ customers: customers(types) }, undefined, { orders: { production: false } });
  expect(breaks(one({ a: 'int64' }), one({ a: 'int32' }))).toEqual([
    `warning column-narrowed retail/sales/orders.customers#a: nobody; ${dashboard}`,
  ]);
  const labelled = { type: { kind: 'text' }, labels: ['pii'] } as const;
  expect(breaks(one({ a: labelled }), one({ a: 'text' })).map((line) => line.split(';')[0])).toEqual([
    'error classification-lowered retail/sales/orders.customers#a: retail',
  ]);
});

test('a level or label that is lowered asks the zone, however it is done; raised, nobody', () => {
  const mesh = { classification: { levels: ['public', 'internal', 'secret'], labels: { pii: {} } } };
  const one = (column: Partial<Column>, more: Partial<Datastore> = {}, dataset: Partial<Dataset> = {}, name = 'a') =>
    model(
      { customers: customers({ [name]: { type: { kind: 'text' }, nullable: true, ...column } }, dataset) },
      [named('id')],
      {
        orders: { classification: 'internal', ...more },
        model: { mesh },
      },
    );
  const lowered = (before: Model, after: Model) => breaks(before, after).map((line) => line.split(';')[0]);
  const asks = ['error classification-lowered retail/sales/orders.customers#a: retail'];
  expect(lowered(one({ level: 'secret' }), one({}))).toEqual(asks);
  expect(lowered(one({ labels: ['pii'] }), one({}))).toEqual(asks);
  expect(lowered(one({}), one({ level: 'secret', labels: ['pii'] }))).toEqual([]);
  // By the datastore's level: once for all columns that name none, whatever becomes of the others.
  const bySales = 'error classification-lowered retail/sales/orders: retail';
  expect(lowered(one({}), one({}, { classification: 'public' }))).toEqual([bySales]);
  expect(lowered(one({ level: 'secret' }), one({ level: 'internal' }, { classification: 'public' }))).toEqual([
    bySales,
    ...asks,
  ]);
  expect(lowered(one({ level: 'public' }), one({}, { classification: 'public' }))).toEqual([bySales]);
  const [all] = compatibility(proposalOf(one({}), one({}, { classification: 'public' })), testFacts, 0);
  expect(all?.finding.message).toContain(
    "datastore 'retail/sales/orders' goes from level 'internal' to 'public', and 2 columns, such as 'retail/sales/orders.customers#id', name none of their own.",
  );
  // Renamed, or taken away and read again from the same column.
  expect(lowered(one({ labels: ['pii'] }), one({ formerly: ['a'], from: 'a' }, {}, {}, 'b'))).toEqual(asks);
  const again = { tombstones: [{ name: 'a', removed: '2026-01-01' }] };
  expect(lowered(one({ labels: ['pii'] }), one({}, {}, again))).toEqual(asks);
});

test('another source, way of reading or store is a warning that says what moves', () => {
  const one = (orders: Partial<Datastore>, dataset: Partial<Dataset> = {}) =>
    model({ customers: customers({}, dataset) }, undefined, { orders });
  const what = (before: Model, after: Model) =>
    compatibility(proposalOf(before, after), testFacts, 0).map(
      ({ rule, needs, finding }) => `${finding.severity} ${rule} ${needs.length}: ${finding.message.split('. ')[0]}`,
    );
  expect(what(one({}), one({ source: 'other', changes: { mode: 'cdc' }, together: false }))).toEqual([
    "warning capture-moved 0: datastore 'retail/sales/orders' is read from elsewhere or otherwise: source 'shop' becomes 'other'; snapshot() becomes cdc(); each of its datasets moves alone",
  ]);
  expect(
    what(
      one({}),
      one({}, { from: 'public.Customers', columns: columns({ id: { type: { kind: 'int', bits: 32 }, from: 'ID' } }) }),
    ),
  ).toEqual([
    "warning capture-moved 0: dataset 'retail/sales/orders.customers' is read from elsewhere or otherwise: table 'customers' becomes 'public.Customers'; column 'id' becomes 'ID'",
  ]);
  const stored = (prod: NonNullable<Parameters<typeof testModel>[0]['prod']>) => testModel({ prod });
  const at = (host: string, password = 'p') => ({
    engine: 'big',
    fields: { host, database: 'db', password: { secret: password } },
  });
  expect(what(stored({ stores: { main: at('a') } }), stored({ stores: { main: at('a', 'q') } }))).toEqual([]);
  expect(
    what(stored({ stores: { main: at('a') } }), stored({ stores: { main: at('b') }, route: [{ to: 'main' }] })),
  ).toEqual([
    "warning store-moved 0: rows of environment 'prod' come to rest elsewhere: store 'main' is another database; its routes change",
  ]);
});

test('a datastore that is new, and a model without a base, break nothing', () => {
  const head = model({ customers: customers({ a: 'text' }) });
  const proposal = proposalOf(testModel({}), head);
  expect(compatibility({ ...proposal, base: null }, testFacts, 0)).toEqual([]);
  const more = testModel({
    datastores: [testDatastore('retail/sales/more', { datasets: { t: customers({ a: 'text' }) } })],
  });
  expect(breaks(testModel({}), more)).toEqual([]);
});

test('only what changed and its readers are asked for', () => {
  const base = model({ customers: customers({ a: 'int64' }) });
  const head = model({ customers: customers({ a: 'int32' }) });
  const proposal = proposalOf(base, head);
  const asked: string[] = [];
  const recorded = (side: Side): Side => ({
    ...side,
    lookup: {
      object: (kind, address) => {
        asked.push(`${kind} ${address}`);
        return side.lookup.object(kind, address);
      },
      found: side.lookup.found,
      addresses: (kind) => {
        asked.push(`every ${kind}`);
        return side.lookup.addresses(kind);
      },
    },
  });
  const before = recorded(must(proposal.base, 'base'));
  compatibility({ ...proposal, base: before, head: recorded(proposal.head) }, testFacts, 0);
  expect([...new Set(asked)].toSorted()).toEqual([
    'environment environment:prod',
    'every environment',
    'mesh mesh',
    'workspace retail/insight/reporting',
    'zone retail',
  ]);
});
