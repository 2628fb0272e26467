import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a column that begins as ours do is found, and its source may be called so', () => {
  const type = { kind: 'text' } as const;
  expect(found(testModel({ columns: { fh_from: { type } } }))).toEqual([
    "error reserved-name retail/sales/orders.customers#fh_from: column 'fh_from' begins with 'fh_', which freehold keeps for its own columns in the same tables.",
  ]);
  expect(found(testModel({ columns: { valid_from: { type, from: 'fh_from' } } }))).toEqual([]);
});

test('a zone that is called as the mesh is', () => {
  const owner = { kind: 'approvers', host: 'github.com', users: [7] } as const;
  expect(found(testModel({ mesh: { zones: { retail: owner, mesh: owner } } }))).toContain(
    "error reserved-name mesh: a zone is called 'mesh', which is what the mesh is called in consents and offers: nobody could tell whose word is meant.",
  );
});
