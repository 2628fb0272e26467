import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

test('what is no size, or none at all', () => {
  const stores = { main: container(), lake: container() };
  const of = (larger: string) =>
    found(testModel({ prod: { stores, route: [{ larger, to: 'lake' }, { to: 'main' }] } }));
  expect(of('500 GB')).toEqual([
    "error bad-size environment:prod: '500 GB' is no size, so the route of environment 'prod' does not say what goes to store 'lake'.",
  ]);
  expect(of('500GiB')).toHaveLength(1);
  expect(of('500GB')).toEqual([]);
});
