import { expect, test } from 'vitest';
import { readPattern } from './pattern.ts';

const spelled = (text: string) => {
  const read = readPattern(text);
  return read.kind === 'pattern' ? read.spelled : `refused: ${read.reason}`;
};

test.each([
  ['[A-Z]{2}-\\d+', '[A-Z]{2}-[0-9]+'],
  ['a|b', '(?:a|b)'],
  ['(a|b)?c', '(?:(?:a|b))?c'],
  ['.', '(?:.|\\n)'],
  ['\\w\\s', '[A-Za-z0-9_][ \\t\\n\\r\\f]'],
  ['[\\d.-]', '[0-9.\\-]'],
  ['[^]-]x', 'refused: a class of characters is empty'],
  ['\\.\\$', '\\.\\$'],
  ['ä{0,3}', 'ä{0,3}'],
])('%s is spelled in the one way that engines read alike', (text, as) => {
  expect(spelled(text)).toBe(as);
});

test.each([
  ['', 'it is empty'],
  ['^a$', "'^' is not needed, since the whole text must match; write '\\^' for the character"],
  ['(?=a)', "'(?' is not known here"],
  ['(a', "a '(' is not closed"],
  ['a)', "a ')' closes nothing"],
  ['[a', "a '[' is not closed"],
  ['a**', "'**' repeats a repetition; put the first in a group"],
  ['a+?', "'+?' repeats a repetition; put the first in a group"],
  ['*a', "'*' repeats nothing"],
  ['a|', "an alternative is empty; write '?' behind what may be missing"],
  ['\\1', "'\\1' is not known here"],
  ['\\p', "'\\p' is not known here"],
  ['a{256}', 'it repeats more than 255 times'],
  ['a{3,2}', '{3,2} ends before it begins'],
  ['a{,2}', 'write {2}, {2,} or {2,5} behind what is repeated'],
  ['(a{100}){100}', 'written out it has more than 2000 parts'],
  ['[z-a]', 'the range z-a ends before it begins'],
  ['[\\d-z]', 'a range in a class begins and ends with a character'],
  ['\\', "a '\\' stands at its end"],
  ['a'.repeat(501), 'it is longer than 500 characters'],
])('%s is refused', (text, reason) => {
  expect(spelled(text)).toBe(`refused: ${reason}`);
});
