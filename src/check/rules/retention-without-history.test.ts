import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('who asks for no history has nothing to retain', () => {
  expect(found(testModel({ dashboard: { retention: '7y' } }))).toEqual([
    "error retention-without-history retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' has a retention of 7y and asks for no history: what a change replaces is gone at once.",
  ]);
});

test('with history it has', () => {
  expect(found(testModel({ dashboard: { retention: '7y', history: 'full' } }))).toEqual([]);
});
