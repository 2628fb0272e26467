import { expect, test } from 'vitest';
import { makePlan } from './make.ts';
import { company, testFacts, workspace } from './testing/company.ts';

const from = 'retail/sales/orders.customers';

test.each([
  ['a mask', { from, mask: { id: 'null' } } as const, 'masks'],
  ['a condition', { from, rows: 'true' } as const, 'a condition on rows'],
])('a group behind %s is not published at all, and nor is anything else', (_, reference, what) => {
  const { plan, findings } = makePlan(
    company({ workspaces: [workspace({ dashboard: { read: [reference] } })] }),
    'local',
    testFacts,
    {},
  );
  expect(plan).toBeNull();
  expect(findings.filter(({ severity }) => severity === 'error').map(({ rule, message }) => [rule, message])).toEqual([
    [
      'mask-not-run',
      `group 'retail/insight/reporting.dashboard' reads '${from}' behind ${what}, and this release publishes rows as they are: its readers would see what they must not.`,
    ],
  ]);
});
