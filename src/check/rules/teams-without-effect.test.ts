import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

test('a store that is given to teams', () => {
  const stores = { main: { ...container(), teams: ['retail/sales'] } };
  expect(found(testModel({ prod: { stores } }))).toEqual([
    "error teams-without-effect environment:prod: store 'main' of environment 'prod' is given to teams, which only a connection can be: nobody would be kept out by it.",
  ]);
});
