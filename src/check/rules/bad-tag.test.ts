import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a tag that is two, or a text', () => {
  const columns = { name: { type: { kind: 'text' }, tags: ['x'.repeat(101)] } } as const;
  expect(found(testModel({ orders: { tags: ['gold, daily'] }, customers: { tags: ['fine one'] } }))).toEqual([
    "error bad-tag retail/sales/orders: tag 'gold, daily' holds a comma or a line, so the catalogues that it is exported to would make something else of it.",
  ]);
  expect(found(testModel({ columns }))).toHaveLength(1);
});
