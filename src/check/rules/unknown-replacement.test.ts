import { expect, test } from 'vitest';
import { check } from '../check.ts';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testColumns, testModel } from '../testing/model.ts';

const removal = '2026-12-31';
const quiet = { acknowledges: ['retail/sales/orders.customers'] };

function lines(use: string): string[] {
  return found(testModel({ customers: { deprecated: { removal, use } }, reporting: quiet }));
}

test('readers are sent to what is there', () => {
  expect(lines('retail/sales/orders')).toEqual([]);
  expect(lines('retail/sales/gone.x')).toEqual([
    "error unknown-replacement retail/sales/orders.customers: dataset 'retail/sales/orders.customers' is deprecated, and its readers are sent to 'retail/sales/gone.x', which is not there.",
  ]);
});

test('what is to be read instead does not go with it', () => {
  for (const use of ['retail/sales/orders.customers', 'retail/sales/orders.customers#id'])
    expect(lines(use)[0]).toContain('which goes with it.');
});

test('to be sent to what is deprecated itself is a warning', () => {
  const clients = { key: ['id'], from: 'public.clients', columns: testColumns, deprecated: { removal } };
  const customers = {
    key: ['id'],
    columns: testColumns,
    deprecated: { removal, use: 'retail/sales/orders.clients' },
  };
  const acknowledges = ['retail/sales/orders.customers', 'retail/sales/orders.clients'];
  expect(found(testModel({ orders: { datasets: { customers, clients } }, reporting: { acknowledges } }))).toEqual([
    "warning unknown-replacement retail/sales/orders.customers: dataset 'retail/sales/orders.customers' is deprecated, and its readers are sent to 'retail/sales/orders.clients', which is deprecated itself.",
  ]);
});

test('a name that is nearly right is named', () => {
  const model = testModel({
    customers: { deprecated: { removal, use: 'retail/sales/order' } },
    reporting: quiet,
  });
  const [finding] = check(model, testFacts, { asOfMs: 0, places: {} });
  expect(finding?.help).toContain("Did you mean 'retail/sales/orders'?");
});
