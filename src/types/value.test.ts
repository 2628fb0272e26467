import { expect, test } from 'vitest';
import { must } from '../base/must.ts';
import { parseType } from './text.ts';
import { isValueOf } from './value.ts';

const is = (value: string | number | boolean, type: string) => isValueOf(value, must(parseType(type), type));

test.each([
  [true, 'boolean'],
  [-128, 'int8'],
  [9007199254740991, 'int64'],
  ['9223372036854775807', 'int64'],
  ['-9223372036854775808', 'int64'],
  ['007', 'int8'],
  [0, 'decimal(2,2)'],
  ['0.10', 'decimal(2,1)'],
  [-12.5, 'decimal(3,1)'],
  ['123456789012345678901234567890.5', 'decimal'],
  [0.1, 'float32'],
  ['', 'varchar(1)'],
  ['ü', 'char(1)'],
  ['sent', "enum('new','sent')"],
  ['00ff', 'binary'],
  ['2024-02-29', 'date'],
  ['23:59:59.5', 'time(1)'],
  ['2024-02-29 10:11:12', 'timestamp'],
  ['2024-02-29T10:11:12.123456+01:00', 'timestamptz'],
  ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'uuid'],
  ['{"a": 1}', 'json'],
] as const)('%j is a value of %s', (value, type) => {
  expect(is(value, type)).toBe(true);
});

test.each([
  ['true', 'boolean'],
  [128, 'int8'],
  [1.5, 'int32'],
  ['x', 'int32'],
  [2 ** 60, 'int64'],
  ['9223372036854775808', 'int64'],
  [1, 'decimal(2,2)'],
  ['0.11', 'decimal(2,1)'],
  ['NaN', 'decimal'],
  [1e300, 'decimal'],
  ['1', 'float64'],
  [Number.POSITIVE_INFINITY, 'float64'],
  ['ab', 'varchar(1)'],
  [1, 'text'],
  ['lost', "enum('new','sent')"],
  ['0', 'binary'],
  ['now', 'date'],
  ['today', 'date'],
  ['2023-02-29', 'date'],
  ['24:00:00', 'time'],
  ['10:11:12.55', 'time(1)'],
  ['now', 'timestamp'],
  ['2024-02-29 10:11:12+01:00', 'timestamp'],
  ['2024-02-29 10:11:12', 'timestamptz'],
  ['{a}', 'json'],
  ['1 day', 'interval'],
  ['{}', 'array(int32)'],
  ['{}', 'struct(a int32)'],
] as const)('%j is no value of %s', (value, type) => {
  expect(is(value, type)).toBe(false);
});
