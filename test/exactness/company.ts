import { must } from '../../src/base/must.ts';
import { streamNode } from '../../src/flow/testing/nodes.ts';
import type { StreamDataset, StreamNode } from '../../src/plan/plan.ts';
import { parseType } from '../../src/types/text.ts';
import type { Working } from './reference.ts';

/** The source of the exactness story: two streams, a composite key, a keyless log, large values, a table that is never written. */
export const sourceTables = `
  create table customers (id int primary key, name text, city varchar(40), balance numeric(12,2), big text);
  alter table customers alter column big set storage external;
  create table lines (a int, b text, quantity bigint, note text, primary key (a, b));
  create table quiet (id int primary key, name text);
  insert into quiet values (1, 'never'), (2, null);
  insert into customers values (1, 'first', 'here', 1.5, null), (2, null, null, null, 'x');
  create table tags (id int not null, tag text not null, weight int);
  alter table tags replica identity full;
  create table events (at bigint, what text)`;

/** The rows that it has before anything is written. */
export const initial: Working = new Map([
  [
    'customers',
    new Map([
      ['1', { id: '1', name: 'first', city: 'here', balance: '1.5', big: null }],
      ['2', { id: '2', name: null, city: null, balance: null, big: 'x' }],
    ]),
  ],
  [
    'quiet',
    new Map([
      ['1', { id: '1', name: 'never' }],
      ['2', { id: '2', name: null }],
    ]),
  ],
]);

export const shop: StreamNode = stream('retail/sales/shop', [
  inOneTable(
    dataset('shop', 'customers', ['id'], {
      id: 'int32',
      name: 'text',
      city: 'varchar(40)',
      balance: 'decimal(12,2)',
      big: 'text',
    }),
  ),
  inOneTable(dataset('shop', 'lines', ['a', 'b'], { a: 'int32', b: 'text', quantity: 'int64', note: 'text' })),
  dataset('shop', 'quiet', ['id'], { id: 'int32', name: 'text' }),
]);

export const office: StreamNode = stream('retail/sales/office', [
  dataset('office', 'tags', ['id', 'tag'], { id: 'int32', tag: 'text', weight: 'int32' }),
  dataset('office', 'events', [], { at: 'int64', what: 'text' }),
]);

export const streams = [shop, office];

function stream(address: string, datasets: readonly StreamDataset[]): StreamNode {
  return streamNode(datasets, { stream: address });
}

function inOneTable(one: StreamDataset): StreamDataset {
  return { ...one, layout: 'history' };
}

function dataset(
  datastore: string,
  name: string,
  key: readonly string[],
  columns: Readonly<Record<string, string>>,
): StreamDataset {
  return {
    address: `retail/sales/${datastore}.${name}`,
    name,
    key,
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      from: column,
      type: must(parseType(type), type),
      nullable: !key.includes(column),
    })),
    layout: 'split',
    schema: `retail__sales__${datastore}`,
    current: name,
    history: `${name}__history`,
    delta: `${name}__delta`,
    from: { schema: 'public', table: name },
    appendOnly: key.length === 0,
    keepsDelta: true,
  };
}
