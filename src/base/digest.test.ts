import { expect, test } from 'vitest';
import { byCodePoint, canonicalJson } from './digest.ts';

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

test('canonical JSON has its keys in order and nothing undefined', () => {
  expect(canonicalJson({ b: [1, 'x', null, { d: 1e21, c: -0 }], a: undefined, '\u{1f600}': true, '\ue000': '"' })).toBe(
    '{"b":[1,"x",null,{"c":0,"d":1e+21}],"\ue000":"\\"","\u{1f600}":true}',
  );
});
