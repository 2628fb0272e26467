import { expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import { typeChanges } from '../../types/change.ts';
import { parseType, typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import { table } from './table.ts';

const scalars = [
  ...['boolean', 'int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'decimal', 'decimal(3,0)', 'decimal(10,0)'],
  ...['decimal(10,2)', 'decimal(12,2)', 'decimal(12,4)', 'decimal(38,4)', 'decimal(40,4)', 'decimal(60,4)'],
  ...[
    'char(1)',
    'char(5)',
    'varchar(1)',
    'varchar(5)',
    'varchar(40)',
    'text',
    "enum('a')",
    "enum('a','b')",
    "enum('bbbbbb')",
  ],
  ...[
    'binary',
    'date',
    'time',
    'time(3)',
    'timestamp(3)',
    'timestamp',
    'timestamptz(3)',
    'timestamptz',
    'interval',
    'uuid',
    'json',
  ],
];
const nested = ['int32', 'int64', 'text', "enum('a')", 'float32', 'float64'].flatMap((of) => [
  `array(${of})`,
  `struct(a ${of})`,
  `struct(a ${of},b date)`,
  `map(text,${of})`,
]);
const types = [...scalars, ...nested].map((text) => must(parseType(text), text));

const breaks = (of: 'history' | 'consumers', from: Type, into: Type) =>
  typeChanges(from, into).some(({ change }) => table[change][of] === 'breaks');

test.each(['history', 'consumers'] as const)(
  'what no step breaks (%s), the way at once does not break: a release may skip steps',
  (of) => {
    const wrong: string[] = [];
    for (const a of types)
      for (const b of types)
        for (const c of types)
          if (!breaks(of, a, b) && !breaks(of, b, c) && breaks(of, a, c))
            wrong.push([a, b, c].map(typeText).join(' -> '));
    expect(wrong).toEqual([]);
  },
);

test('two types have no changes between them exactly where they are the same', () => {
  for (const a of types)
    for (const b of types) expect(typeChanges(a, b).length === 0).toBe(typeText(a) === typeText(b));
});

const examples = Object.entries(table).flatMap(([change, row]) =>
  row.example === undefined ? [] : [{ change, example: row.example, row }],
);

test.each(examples)('the example of $change is one', ({ change, example: [from, into] }) => {
  const changes = typeChanges(must(parseType(from), from), must(parseType(into), into));
  expect(changes.map((one) => one.change)).toEqual([change]);
});

test('every change of type has an example, and a rule exactly where it breaks or warns', () => {
  const ofTypes = new Set<string>(
    types.flatMap((a) => types.flatMap((b) => typeChanges(a, b).map(({ change }) => change))),
  );
  expect(examples.map(({ change }) => change).toSorted()).toEqual([...ofTypes].toSorted());
  for (const { change, row } of examples) {
    const { rule, history, consumers } = row;
    expect({ change, hasRule: rule !== null }).toEqual({
      change,
      hasRule: history === 'breaks' || consumers !== 'safe',
    });
  }
});

test('where in a type it changes is said', () => {
  const [a, b] = [
    must(parseType('array(struct(x map(text,int64)))'), ''),
    must(parseType('array(struct(x map(text,int32)))'), ''),
  ];
  expect(typeChanges(a, b)).toEqual([
    { change: 'int-narrower', inside: "in its elements, in field 'x', in its values" },
  ]);
});

test('a number that becomes no number is of another family: nothing is said of its digits', () => {
  const of = (from: string, into: string) =>
    typeChanges(must(parseType(from), from), must(parseType(into), into)).map(({ change }) => change);
  for (const into of ['boolean', 'date', 'array(int32)', 'json']) expect(of('int32', into)).toEqual(['family-changed']);
  expect(of('decimal(12,4)', 'int32')).toEqual(['number-to-other']);
});
