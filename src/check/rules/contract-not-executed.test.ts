import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testColumns, testModel } from '../testing/model.ts';

const warning = 'warning contract-not-executed retail/sales/orders';

test('a contract is told of once, with everything in it that nothing executes', () => {
  const [name = '', column] = Object.entries(testColumns).find(([own]) => own !== 'id') ?? [];
  const model = testModel({
    orders: {
      promises: { freshness: '1m' },
      contract: {
        servers: [{ server: 'a' }],
        roles: [{ role: 'b' }, { role: 'c' }],
        slaProperties: [{ property: 'latency' }, { property: 'retention' }, { property: 'frequency' }],
        price: { priceAmount: 1 },
      },
    },
    customers: { contract: { object: { quality: [{ type: 'text' }], businessName: 'x' } } },
    columns:
      column === undefined
        ? {}
        : { [name]: { ...column, contract: { unique: true, logicalTypeOptions: { pattern: 'a' } } } },
  });
  expect(found(model)).toEqual([
    `${warning}: the contract of datastore 'retail/sales/orders' says what nothing here measures or enforces: servers (1), roles (2), slaProperties (retention, frequency), unique (1), logicalTypeOptions (1).`,
  ]);
});

test('a dataset with a contract of its own is told of by itself', () => {
  const model = testModel({ customers: { contract: { document: { roles: [{ role: 'b' }] } } } });
  expect(found(model)).toEqual([
    `${warning}.customers: the contract of dataset 'retail/sales/orders.customers' says what nothing here measures or enforces: roles (1).`,
  ]);
});

test('what tells people what something is about demands nothing', () => {
  const model = testModel({
    orders: { contract: { id: 'x', price: {}, support: [], team: { name: 'a' }, description: { usage: 'b' } } },
    customers: { contract: { object: { businessName: 'a', authoritativeDefinitions: [] } } },
  });
  expect(found(model)).toEqual([]);
});
