import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a list of consumers names groups, not workspaces or what is gone', () => {
  const consumers = ['retail/insight/reporting', 'retail/insight/reporting.dashboard'];
  expect(found(testModel({ orders: { consumers } }))).toEqual([
    "warning unknown-consumer retail/sales/orders: datastore 'retail/sales/orders' approves the consumer 'retail/insight/reporting', but there is no such group or transformer: whoever takes that name later would be let in.",
  ]);
});
