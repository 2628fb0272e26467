import { expect, test } from 'vitest';
import type { Datastore, Environment } from '../model/model.ts';
import { planChanges } from './diff.ts';
import { makePlan } from './make.ts';
import type { Plan } from './plan.ts';
import { asIfThere, stayingStreams, storeMoves } from './store-moves.ts';
import { company, orders, stock, table, testFacts } from './testing/company.ts';

function planned(environment: Partial<Environment>, datastores: readonly Datastore[] = [orders, stock]): Plan {
  const { plan } = makePlan(company({ datastores, workspaces: [], environment }), 'local', testFacts, {});
  if (plan === null) throw new Error('no plan');
  return plan;
}

const at = (database: string) => ({ engine: 'rows', fields: { database } });
const main = planned({});
const shown = (moves: ReturnType<typeof storeMoves>) =>
  moves.map(({ node, datasets, to }) => [node.stream, datasets.map(({ name }) => name).join(), ...to]);

test('a stream moves where another database is to have its rows, whatever the store is called', () => {
  const [first, second] = [
    ['retail/sales/orders', 'customers,visits'],
    ['retail/supply/stock', 'parts'],
  ] as const;
  expect(storeMoves(null, main)).toEqual([]);
  expect(storeMoves(main, planned({ stores: { main: at('main') } }))).toEqual([]);
  expect(shown(storeMoves(main, planned({ stores: { main: at('elsewhere') } })))).toEqual([
    [...first, 'store:main'],
    [...second, 'store:main'],
  ]);
  expect(shown(storeMoves(main, planned({ stores: { two: at('two') } })))).toEqual([
    [...first, 'store:two'],
    [...second, 'store:two'],
  ]);
  // By another name it is where it was.
  const renamed = planned({ stores: { two: at('main') } });
  expect(storeMoves(main, renamed)).toEqual([]);
  expect(stayingStreams(main, renamed)).toEqual([
    { stream: first[0], container: 'store:two' },
    { stream: second[0], container: 'store:two' },
  ]);
});

test('what moves goes as it is deployed: without datasets that are gone, and before its datasets part', () => {
  const alone = {
    ...orders,
    together: false,
    datasets: { customers: table(['id', 'name', 'phone'], { from: 'crm.Customers' }) },
  };
  const moves = storeMoves(main, planned({ stores: { two: at('two') } }, [alone]));
  expect(shown(moves)).toEqual([['retail/sales/orders', 'customers', 'store:two']]);
  const rested = asIfThere(main, [{ stream: 'retail/sales/orders', to: 'store:two' }]);
  expect(rested.nodes.flatMap((node) => (node.kind === 'stream' ? [[node.stream, node.container]] : []))).toEqual([
    ['retail/sales/orders', 'store:two'],
    ['retail/supply/stock', 'store:main'],
  ]);
});

test('datasets of one stream that are to go to several databases are said to part', () => {
  const stores = { main: at('main'), two: at('two') };
  const before = planned({ stores, route: [{ to: 'main' }] });
  const apart = planned({ stores, route: [{ to: 'main' }] }, [{ ...orders, together: false }, stock]);
  const parted: Plan = {
    ...apart,
    nodes: apart.nodes.map((node) =>
      node.kind === 'stream' && node.stream === 'retail/sales/orders.visits'
        ? { ...node, container: 'store:two' }
        : node,
    ),
  };
  expect(shown(storeMoves(before, parted))).toEqual([
    ['retail/sales/orders', 'customers,visits', 'store:main', 'store:two'],
  ]);
  expect(
    planChanges(before, parted)
      .filter(({ object }) => object.startsWith('stream'))
      .map(({ object, detail }) => [object, detail.at(-1)]),
  ).toEqual([
    ['stream retail/sales/orders', undefined],
    [
      'stream retail/sales/orders.customers',
      "its datasets are to part between 'store:main' and 'store:two': a stream moves with its history as a whole, so apply would refuse it",
    ],
    [
      'stream retail/sales/orders.visits',
      "its datasets are to part between 'store:main' and 'store:two': a stream moves with its history as a whole, so apply would refuse it",
    ],
  ]);
});
