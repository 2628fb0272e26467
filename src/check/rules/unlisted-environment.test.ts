import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('an environment that the mesh does not list is owned by nobody', () => {
  expect(found(testModel({ mesh: { environments: {} } }))).toEqual([
    "error unlisted-environment environment:prod: environment 'prod' is defined here, but mesh 'acme' lists no such environment, so nobody owns what runs in it.",
  ]);
});
