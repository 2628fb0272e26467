import { expect, test } from 'vitest';
import { byCodePoint } from './digest.ts';

test('strings are ordered by code point, also beyond the first plane and before it', () => {
  const ordered = [
    '',
    'A',
    'a',
    'aa',
    'ab',
    'é',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10000}a',
    '\u{10ffff}',
  ];
  for (const [i, a] of ordered.entries())
    for (const [j, b] of ordered.entries()) expect(Math.sign(byCodePoint(a, b))).toBe(Math.sign(i - j));
});
