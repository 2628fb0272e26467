import { expect, test } from 'vitest';
import { parseType, typeText } from './text.ts';

test.each([
  'boolean',
  'int8',
  'decimal',
  'decimal(12,2)',
  'char(3)',
  'timestamptz(3)',
  "enum('it''s','a, (b')",
  'array(decimal(9,3))',
  'struct(name varchar(40),at timestamp(3),money struct(amount decimal(12,2),currency char(3)))',
  "map(enum('a,b','c'),array(struct(a int16,b map(text,text))))",
])('%s is the text of what it spells', (text) => {
  const type = parseType(text);
  expect(type === null ? null : typeText(type)).toBe(text);
});

test('fields of a struct are by name, white space is free', () => {
  expect(parseType(' struct( b  text , a int16 ) ')).toEqual(parseType('struct(a int16,b text)'));
});

test.each([
  'struct()',
  'struct(a)',
  'struct(a int16,)',
  'struct(a int16,a text)',
  'struct(A int16)',
  'struct(__proto__ int16)',
  'struct',
  'map(text)',
  'map(text,text,text)',
  'map(array(text),text)',
  'map(json,text)',
  'map',
  'array(array(text))',
  `${'struct(a '.repeat(10)}text${')'.repeat(10)}`,
])('%s spells no type', (text) => {
  expect(parseType(text)).toBe(null);
});

test('a text that is nested a million times is no type, and costs no stack', () => {
  expect(parseType(`${'map(text,'.repeat(100_000)}text${')'.repeat(100_000)}`)).toBe(null);
});
