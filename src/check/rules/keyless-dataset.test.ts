import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a table without a key needs a word on what its rows do', () => {
  expect(found(testModel({ customers: { key: [] } }))).toEqual([
    "error keyless-dataset retail/sales/orders.customers: dataset 'customers' has no key, so two reads of it cannot be compared row by row.",
  ]);
});

test('append-only is the way out under cdc', () => {
  const log = { appendOnly: true, columns: { line: { type: { kind: 'text' } } } } as const;
  const changes = { mode: 'cdc' } as const;
  expect(found(testModel({ orders: { changes, datasets: { log } } }))).toEqual([]);
  expect(found(testModel({ orders: { changes, datasets: { log: { columns: log.columns } } } }))).toEqual([
    "error keyless-dataset retail/sales/orders.log: dataset 'log' has no key, so an update or a delete at the source could not be applied to its rows.",
  ]);
});
