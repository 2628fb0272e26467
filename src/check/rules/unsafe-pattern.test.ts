import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const unsafe = (pattern: string) =>
  found(testModel({ zone: { policies: { names: { demands: { kind: 'named', what: 'column', pattern } } } } })).filter(
    (line) => line.includes('unsafe-pattern'),
  );

test.each(['[a-z_]+', '(?i)ID|NAME', '(a+)+|.*', '\\w{1,40}'])('/%s/ is run', (pattern) => {
  expect(unsafe(pattern)).toEqual([]);
});

test.each([
  ['(?=x)y', 'invalid or unsupported Perl syntax'],
  ['(a)\\1', 'invalid escape sequence'],
  ['[', 'missing closing ]'],
  ['((a{1000}){1000}){1000}', 'invalid repeat count'],
  ['x'.repeat(1_001), 'it is longer than 1000 characters'],
])('/%s/ is refused: %s', (pattern, reason) => {
  expect(unsafe(pattern)).toEqual([expect.stringContaining(`which cannot be run safely: ${reason}`)]);
});
