import { expect, test } from 'vitest';
import { fits } from './fits.ts';
import { parseType } from './text.ts';

const both = (from: string, into: string) => {
  const [a, b] = [parseType(from), parseType(into)];
  return a !== null && b !== null && fits(a, b);
};

test.each([
  ['int16', 'int64'],
  ['int32', 'decimal(10,0)'],
  ['int64', 'decimal'],
  ['decimal(10,2)', 'decimal(12,4)'],
  ['decimal(10,2)', 'decimal'],
  ['float32', 'float64'],
  ['char(3)', 'varchar(3)'],
  ['varchar(40)', 'text'],
  ["enum('a','b')", 'text'],
  ["enum('a')", "enum('a','b')"],
  ['timestamptz(3)', 'timestamptz'],
  ['array(int16)', 'array(int32)'],
  ['struct(a int16,b text)', 'struct(b text, a int32)'],
  ['map(varchar(3),int16)', 'map(text,int32)'],
])('every value of %s is a value of %s', (from, into) => {
  expect(both(from, into)).toBe(true);
});

test.each([
  ['int64', 'int32'],
  ['int64', 'decimal(18,0)'],
  ['int32', 'float64'],
  ['decimal(10,2)', 'decimal(10,4)'],
  ['decimal', 'decimal(38,10)'],
  ['text', 'varchar(40)'],
  ['varchar(3)', 'char(3)'],
  ["enum('a','c')", "enum('a','b')"],
  ['timestamp', 'timestamptz'],
  ['timestamp', 'timestamp(3)'],
  ['int32', 'text'],
  ['int32', 'array(int32)'],
  ['struct(a int32)', 'struct(a int32,b text)'],
  ['struct(a int32,b text)', 'struct(a int32)'],
  ['map(text,int64)', 'map(text,int32)'],
  ['map(text,text)', 'struct(a text)'],
])('not every value of %s is a value of %s', (from, into) => {
  expect(both(from, into)).toBe(false);
});
