import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const repository = (name: string, id: number) => ({ kind: 'repository', host: 'github.com', name, id }) as const;

test('one number under two names', () => {
  const model = testModel({
    sales: { owner: repository('acme/data', 48) },
    insight: { owner: repository('acme/other', 48) },
  });
  expect(found(model)).toEqual([
    "error repository-names retail/insight: repository 48 of github.com is called 'acme/other' here and 'acme/data' in 'retail': the number counts, so who reads the name may take it for another.",
  ]);
});

test('one name with two numbers, in the mesh and in a zone', () => {
  const zones = { retail: repository('acme/data', 48) };
  expect(found(testModel({ mesh: { zones }, sales: { owner: repository('acme/data', 84) } }))).toEqual([
    "error repository-names retail/sales: repository 'acme/data' of github.com has the number 84 here and 48 in 'mesh': the number counts, so one of the two is another repository than its name says.",
  ]);
});

test('one repository that owns two things', () => {
  const owner = repository('acme/data', 48);
  expect(found(testModel({ sales: { owner }, insight: { owner } }))).toEqual([]);
});
