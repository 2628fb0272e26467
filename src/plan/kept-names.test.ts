import { expect, test } from 'vitest';
import type { Column, Datastore } from '../model/model.ts';
import { makePlan } from './make.ts';
import { company, orders, stock, table, testFacts } from './testing/company.ts';

const text: Column = { type: { kind: 'text' } };
const store = (of: Partial<Datastore>): Datastore => ({ ...orders, ...of });

test('a dataset is kept in the tables of its first name, and one of the name of a removed one in tables of its own', () => {
  const datasets = {
    clients: table(['id'], { formerly: ['customers'], columns: { id: text, state: { ...text, default: 'new' } } }),
    items: table(['id']),
  };
  const datastore = store({ datasets, tombstones: [{ name: 'items', removed: '2026-01-01' }] });
  const { plan } = makePlan(company({ datastores: [datastore, stock], workspaces: [] }), 'local', testFacts, {});
  const stream = plan?.nodes.find((node) => node.kind === 'stream' && node.stream === orders.address);
  const kept = stream?.kind === 'stream' ? stream.datasets : [];
  expect(kept.map(({ address, current, history, from }) => [address, current, history, from.table])).toEqual([
    ['retail/sales/orders.clients', 'customers', 'customers__history', 'clients'],
    ['retail/sales/orders.items', 'items 2', 'items 2__history', 'items'],
  ]);
  expect(kept[0]?.columns.map(({ name, absent }) => [name, absent])).toEqual([
    ['id', undefined],
    ['state', 'new'],
  ]);
});

test('a column is kept under the name that it had first, and one of the name of a removed one under another', () => {
  const customers = table([], {
    columns: {
      no: { ...text, formerly: ['id', 'number'], from: 'id' },
      name: text,
      phone: { ...text, from: 'tel' },
    },
    key: ['no'],
    tombstones: [{ name: 'phone', removed: '2026-01-01' }],
  });
  const datastore = store({ datasets: { ...orders.datasets, customers } });
  const { plan } = makePlan(company({ datastores: [datastore, stock] }), 'local', testFacts, {});
  const stream = plan?.nodes.find((node) => node.kind === 'stream' && node.stream === orders.address);
  const kept = stream?.kind === 'stream' ? stream.datasets.find(({ name }) => name === 'customers') : undefined;
  expect(kept?.key).toEqual(['id']);
  expect(kept?.columns.map(({ name, from }) => `${name} from ${from}`)).toEqual([
    'id from id',
    'name from name',
    'phone 2 from tel',
  ]);
  const views = plan?.nodes.flatMap((node) => (node.kind === 'publish' ? node.views : []));
  expect(views?.find(({ table: { name } }) => name === 'customers')).toMatchObject({
    columns: ['no', 'name', 'phone'],
    kept: { no: 'id', phone: 'phone 2' },
  });
});
