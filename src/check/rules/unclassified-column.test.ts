import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const mesh = { classification: { levels: ['public', 'secret'] } };
const about = (parts: Parameters<typeof testModel>[0]) =>
  found(testModel({ mesh, ...parts })).filter((line) => line.includes('unclassified'));
const id = { type: { kind: 'int', bits: 32 }, level: 'public' } as const;

test('columns of production without a level', () => {
  expect(about({ orders: { production: true, classification: 'public' } })).toEqual([]);
  const dataset = {
    key: ['id'],
    columns: { id, name: { type: { kind: 'text' } }, at: { type: { kind: 'date' } } },
  } as const;
  expect(about({ orders: { production: true, datasets: { customers: dataset } } })).toEqual([
    "error unclassified-column retail/sales/orders.customers#name: 'name' and 'at' of dataset 'customers' have no level, and datastore 'retail/sales/orders' is in production: nobody has said how secret that is.",
  ]);
});

test('out of production they count as the highest level, and no more is asked', () => {
  expect(about({})).toEqual([]);
});

test('a mesh that classifies nothing asks for nothing', () => {
  expect(found(testModel({ orders: { production: true } }))).toEqual([]);
});
