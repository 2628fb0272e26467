import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a reader that is no principal, in a claim and in a grant', () => {
  const readers = ['ana', 'group:', 'user:*', 'team:x', 'group:a b'];
  const lines = found(testModel({ reporting: { readers }, insight: { may: { readers } } }));
  expect(lines.map((line) => line.split(' is neither')[0])).toEqual(
    ['retail/insight', 'retail/insight/reporting'].flatMap((at) =>
      ['ana', 'group:', 'group:a b', 'team:x', 'user:*'].map((reader) => `error bad-reader ${at}: reader '${reader}'`),
    ),
  );
});

test('groups and users', () => {
  const readers = ['group:bi-users', 'user:ana@example.com'];
  expect(found(testModel({ reporting: { readers }, insight: { may: { readers } } }))).toEqual([]);
});
