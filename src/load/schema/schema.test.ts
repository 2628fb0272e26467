import { describe, expect, test } from 'vitest';
import type { CatalogueTable } from '../../engine/engine.ts';
import { placeOf } from '../../model/places.ts';
import type { Type } from '../../types/type.ts';
import { lines, loaded, mesh } from '../testing/model.ts';
import { modelNames } from './names.ts';
import { schemaText } from './write.ts';

const column = (name: string, type: Type | null, more: object = {}) => ({
  name,
  physical: 'point',
  type,
  unmapped: type === null ? 'no type of ours\nholds it' : null,
  nullable: false,
  comment: null,
  generated: false,
  ...more,
});

const counted = { estimatedRows: null, bytes: null };
const tables: readonly CatalogueTable[] = [
  {
    ...counted,
    schema: 'public',
    name: 'Order Details',
    comment: 'lines: "of" an order # 1',
    key: ['OrderID', 'no'],
    columns: [
      column('OrderID', { kind: 'int', bits: 32 }, { comment: "it's: # an id, {x}" }),
      column('no', { kind: 'int', bits: 16 }),
      column('NO', { kind: 'text' }, { nullable: true }),
      column('price', { kind: 'decimal', precision: 12, scale: 2 }, { nullable: true }),
      column('any', { kind: 'decimal', precision: null, scale: null }),
      column('state', { kind: 'enum', values: ["it's", 'a, b: #', 'true'] }, { nullable: true, comment: 'Zustand ü' }),
      column('tags', { kind: 'array', of: { kind: 'varchar', length: 10 } }),
      column('at', { kind: 'timestamptz', precision: 3 }),
      column('where', null),
    ],
  },
  { ...counted, schema: 'my.schema', name: 'a"b', comment: null, key: ['where'], columns: [column('where', null)] },
];

const overlay = `import { datastore, fromSchema, snapshot } from 'freehold';
export default datastore('retail/sales/orders', {
  source: 'shop',
  changes: snapshot(),
  datasets: fromSchema('./orders.schema.yaml', {
    classify: [[/^(no|price)$/i, 'pii', 'money']],
    lines: { doc: 'said by a person', columns: { price: { level: 'secret', labels: ['more'] } } },
  }),
});
`;

const names = (table: CatalogueTable) => (table.name === 'a"b' ? 'empty' : 'lines');

describe('a schema file', () => {
  test('has one line for each column, and says why a column is left out', () => {
    expect(schemaText(tables, names)).toMatchInlineSnapshot(`
      "# Generated from the source's catalogue, and kept by \`freehold sync\`: what is written here by hand is lost.
      # What only people know (docs, classification, keys that the source lacks) goes to the datastore that names this file.
      # A column is  name: type  and  ?  where it may be null.
      version: 1
      datasets:
        empty:
          from: "\\"my.schema\\".\\"a\\"\\"b\\""
          # key: left out, since a column of it is: where
          columns: {}
            # where: left out, of type point: no type of ours holds it
        lines:
          from: "public.Order Details"
          doc: "lines: \\"of\\" an order # 1"
          key: [order_id, no]
          columns:
            order_id: { type: int32, from: OrderID, doc: "it's: # an id, {x}" }
            no: int16
            no_2: { type: text?, from: "NO" }
            price: "decimal(12,2)?"
            any: decimal
            state: { type: "enum('it''s','a, b: #','true')?", doc: "Zustand ü" }
            tags: array(varchar(10))
            at: timestamptz(3)
            # where: left out, of type point: no type of ours holds it
      "
    `);
  });

  test('gives back what was written, with what a person adds, each with its place', async () => {
    const text = schemaText(tables, names);
    const { model, findings, places } = await loaded({ ...mesh, 's/orders.ts': overlay, 's/orders.schema.yaml': text });
    expect(lines(findings)).toEqual([]);
    expect(model?.datastores['retail/sales/orders']?.datasets).toEqual({
      empty: { from: '"my.schema"."a""b"', columns: {} },
      lines: {
        from: 'public.Order Details',
        doc: 'said by a person',
        key: ['order_id', 'no'],
        columns: {
          order_id: { type: { kind: 'int', bits: 32 }, from: 'OrderID', doc: "it's: # an id, {x}" },
          no: { type: { kind: 'int', bits: 16 }, labels: ['money', 'pii'] },
          no_2: { type: { kind: 'text' }, nullable: true, from: 'NO' },
          price: {
            type: { kind: 'decimal', precision: 12, scale: 2 },
            nullable: true,
            level: 'secret',
            labels: ['money', 'more', 'pii'],
          },
          any: { type: { kind: 'decimal', precision: null, scale: null } },
          state: { type: { kind: 'enum', values: ["it's", 'a, b: #', 'true'] }, nullable: true, doc: 'Zustand ü' },
          tags: { type: { kind: 'array', of: { kind: 'varchar', length: 10 } } },
          at: { type: { kind: 'timestamptz', precision: 3 } },
        },
      },
    });
    const line = text.split('\n').findIndex((one) => one.includes('price:')) + 1;
    expect(placeOf(places, 'retail/sales/orders.lines#price')).toEqual({
      file: 's/orders.schema.yaml',
      line,
      column: 7,
    });
    expect(placeOf(places, 'retail/sales/orders.lines#price', 'level')).toMatchObject({ file: 's/orders.ts', line: 7 });
  });

  test.each([
    ['an alias', 'version: 1\ndatasets: &a\n  x: *a\n', 's/orders.schema.yaml:2:1 schema-file'],
    ['a name twice', 'version: 1\nversion: 1\ndatasets: {}\n', 's/orders.schema.yaml:2:1 schema-file'],
    ['no YAML', 'version: [\n', 's/orders.schema.yaml:2:1 schema-file'],
    [
      'a type that is none',
      'version: 1\ndatasets:\n  lines:\n    columns:\n      id: int65\n',
      's/orders.schema.yaml:5:7 invalid-value',
    ],
    [
      'an unknown attribute',
      'version: 1\ndatasets:\n  lines:\n    colums: {}\n',
      's/orders.schema.yaml:4:5 unknown-attribute',
    ],
    ['deep nesting', `version: 1\ndatasets: ${'['.repeat(20_000)}\n`, 's/orders'],
  ])('with %s is refused with its place', async (_, text, expected) => {
    const { findings, digest } = await loaded({ ...mesh, 's/orders.ts': overlay, 's/orders.schema.yaml': text });
    expect(lines(findings).join('\n')).toContain(expected);
    expect(digest).toBe(null);
  });

  test('that is not there, or lacks what is said of it, is a finding at the words that name it', async () => {
    const missing = await loaded({
      ...mesh,
      's/orders.ts': overlay,
      's/order.schema.yaml': 'version: 1\ndatasets: {}\n',
    });
    expect(lines(missing.findings)).toEqual([
      "s/orders.ts:5:3 schema-file datastore 'retail/sales/orders': './orders.schema.yaml' names no schema file of the model. Did you mean 's/order.schema.yaml'?",
    ]);
    const lacking = await loaded({
      ...mesh,
      's/orders.ts': overlay,
      's/orders.schema.yaml': 'version: 1\ndatasets:\n  lines:\n    columns:\n      prise: text\n',
    });
    expect(lines(lacking.findings)).toEqual([
      "s/orders.ts:7:50 schema-file datastore 'retail/sales/orders': the schema file has no column 'price' in dataset 'lines'. Did you mean 'prise'?",
    ]);
  });

  test('is not searched for ever by a pattern that backtracks', async () => {
    const text = schemaText(
      [
        {
          ...counted,
          schema: 'p',
          name: 't',
          comment: null,
          key: [],
          columns: [column('a'.repeat(60), { kind: 'text' })],
        },
      ],
      () => 'lines',
    );
    const pattern = overlay.replace('/^(no|price)$/i', '/^(a+)+$b/').replace(/ {4}lines:.*\n/, '');
    const { findings } = await loaded(
      { ...mesh, 's/orders.ts': pattern, 's/orders.schema.yaml': text },
      { fuel: 1000 },
    );
    expect(lines(findings)).toEqual([
      "s/orders.ts:5:3 invalid-value datastore 'retail/sales/orders': a pattern of classify takes too long on the names of the columns.",
    ]);
  });
});

describe('names for names of a source', () => {
  test.each([
    [
      ['CustomerID', 'customer_id', 'Customer ID'],
      ['customer_id_2', 'customer_id', 'customer_id_3'],
    ],
    [
      ['HTTPServer', '2nd', 'Größe', '_x', '日本'],
      ['http_server', 'c_2nd', 'grosse', 'x', 'column'],
    ],
    [
      ['a', 'A', 'a_2'],
      ['a', 'a_3', 'a_2'],
    ],
  ])('of %j are %j', (physical, expected) => {
    expect(modelNames(physical)).toEqual(expected);
  });
});

test('what things are known by, how they end and their defaults are said beside a schema file', async () => {
  const said = `import { datastore, fromSchema, snapshot } from 'freehold';
export default datastore('retail/sales/orders', {
  source: 'shop',
  changes: snapshot(),
  datasets: fromSchema('./orders.schema.yaml', {
    lines: {
      formerly: ['items'],
      tombstones: [{ name: 'old', removed: '2026-01-31' }],
      deprecated: { removal: '2026-12-31' },
      columns: { price: { formerly: ['cost'], default: 0, deprecated: { removal: '2026-11-30' } } },
    },
  }),
});
`;
  const schema = 'version: 1\ndatasets:\n  lines:\n    columns:\n      price: int32\n';
  const { model, findings } = await loaded({ ...mesh, 's/orders.ts': said, 's/orders.schema.yaml': schema });
  expect(lines(findings)).toEqual([]);
  expect(model?.datastores['retail/sales/orders']?.datasets).toEqual({
    lines: {
      formerly: ['items'],
      tombstones: [{ name: 'old', removed: '2026-01-31' }],
      deprecated: { removal: '2026-12-31' },
      columns: {
        price: {
          type: { kind: 'int', bits: 32 },
          formerly: ['cost'],
          default: 0,
          deprecated: { removal: '2026-11-30' },
        },
      },
    },
  });
});
