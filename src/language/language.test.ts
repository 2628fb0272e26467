import { expect, test } from 'vitest';
import {
  array,
  datastore,
  decimal,
  group,
  int32,
  map,
  named,
  postgres,
  snapshot,
  struct,
  table,
  text,
  varchar,
} from '../index.ts';

test('a word of a column gives a new column, so that columns can be shared', () => {
  const shared = varchar(10).label('pii');
  expect(shared.nullable().label('more').column).toEqual({
    type: { kind: 'varchar', length: 10 },
    nullable: true,
    labels: ['pii', 'more'],
  });
  expect(shared.column).toEqual({ type: { kind: 'varchar', length: 10 }, labels: ['pii'] });
  expect(array(decimal()).column.type).toEqual({
    kind: 'array',
    of: { kind: 'decimal', precision: null, scale: null },
  });
  expect(struct({ at: text(), money: decimal(12, 2).nullable() }).column.type).toEqual({
    kind: 'struct',
    fields: { at: { kind: 'text' }, money: { kind: 'decimal', precision: 12, scale: 2 } },
  });
  expect(map(text(), array(int32())).column.type).toEqual({
    kind: 'map',
    key: { kind: 'text' },
    value: { kind: 'array', of: { kind: 'int', bits: 32 } },
  });
  expect(decimal(12).column.type).toEqual({ kind: 'decimal', precision: 12, scale: 0 });
});

test('a container tells what every container says from the fields of its engine', () => {
  expect(postgres({ host: 'db', database: 'shop', at: 'own:eu/berlin', grade: 'test' })).toEqual({
    freehold: 'container',
    engine: 'postgres',
    at: 'own:eu/berlin',
    grade: 'test',
    fields: { host: 'db', database: 'shop' },
  });
});

test('mistakes of an author are errors of the compiler', () => {
  // @ts-expect-error: no duration
  group({ latency: 'soon', read: [] });
  // @ts-expect-error: no address of a dataset
  group({ read: ['orders'] });
  // @ts-expect-error: no column
  table({}, { id: 'int32' });
  // @ts-expect-error: unknown attribute
  datastore('a/b/c', { source: 's', changes: snapshot(), datasets: {}, sauce: 1 });
  // @ts-expect-error: unknown field
  postgres({ hots: 'db' });
  expect(table({ key: ['id'] }, { id: int32(), note: text().nullable() }).freehold).toBe('dataset');
});

test('a pattern is an expression, or its text', () => {
  expect([named('column', /[a-z]+/i), Reflect.apply(named, null, ['column', '[a-z]+'])]).toEqual([
    { kind: 'named', what: 'column', pattern: '(?i)[a-z]+' },
    { kind: 'named', what: 'column', pattern: '[a-z]+' },
  ]);
});
