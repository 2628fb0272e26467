import { readdir, readFile } from 'node:fs/promises';
import { transformSync } from '@swc/wasm-typescript';
import { type Pattern, parse } from 'acorn';
import { describe, expect, test } from 'vitest';
import { columnWords, wordNames } from '../written/words.ts';
import { prepare } from './prepare.ts';
import { mostGoingOn, mostValues, surplusFinding } from './surplus.ts';

const language = new URL('../../language/', import.meta.url);

test('each word takes as many values as its function has parameters', async () => {
  const declared = new Map<string, number>();
  for (const file of await readdir(language)) {
    if (file.endsWith('.test.ts')) continue;
    const { code } = transformSync(await readFile(new URL(file, language), 'utf8'), { mode: 'strip-only' });
    for (const node of parse(code, { ecmaVersion: 'latest', sourceType: 'module' }).body)
      if (node.type === 'ExportNamedDeclaration' && node.declaration?.type === 'FunctionDeclaration')
        declared.set(node.declaration.id.name, countOf(node.declaration.params));
  }
  expect(declared.size).toBeGreaterThan(60);
  for (const name of wordNames)
    expect([name, mostValues(name)]).toEqual([name, declared.get(name) ?? expect.any(Number)]);
  expect(['postgres', 'duckdb', 'mysql'].map(mostValues)).toEqual([1, 1, 1]);
  expect(mostValues('nonsense')).toBeNull();
});

test('each word that goes on from a column is counted', async () => {
  const text = await readFile(new URL('column.ts', language), 'utf8');
  const declared = new Map(
    [...text.matchAll(/^ {2}(\w+)\((.*)\): Column;$/gm)].map(([, name = '', given = '']) => [
      name,
      given.startsWith('...') ? Number.POSITIVE_INFINITY : given === '' ? 0 : 1,
    ]),
  );
  expect([...declared.keys()].sort()).toEqual([...columnWords].sort());
  for (const [name, most] of declared) expect([name, mostGoingOn(name)]).toEqual([name, most]);
});

describe('a value that a word does not take has a finding where it stands', () => {
  const found = (text: string) => {
    const imported = `import * as f from 'freehold';\nimport { all, array, cdc, enumOf, int32, larger, rows, table, varchar, when, within } from 'freehold';\n`;
    const file = prepare('a.ts', 0, imported + text);
    return file
      .marked()
      .surplus.map((one) => surplusFinding(one, file, null))
      .map(({ rule, message, at }) => `${rule} ${at?.line}:${at?.column} ${message}`);
  };
  const says = (word: string, taken: string, column: number, given: string) => [
    `surplus-value 3:${column} '${word}' takes ${taken}, and is given '${given}' as one more, which nothing would read.`,
  ];

  test.each([
    ['when(a, b, { doc: 1 })', 'when', '2 values', 12, '{ doc: 1 }'],
    ['array(int32(), varchar(1))', 'array', 'one value', 16, 'varchar(1)'],
    ['cdc({ slot: 1 })', 'cdc', 'no value', 5, '{ slot: 1 }'],
    ['rows({ min: 1 }, {}, 3)', 'rows', '2 values', 22, '3'],
    ['f.int32(4)', 'int32', 'no value', 9, '4'],
    ['int32().nullable(false)', 'nullable', 'no value', 18, 'false'],
    [`int32().nullable().doc('a', 'b')`, 'doc', 'one value', 29, "'b'"],
    [`larger('1GB').to('a', 'b')`, 'to', 'one value', 23, "'b'"],
    ['when(...a, b, c, d)', 'when', '2 values', 18, 'd'],
    ['table({ key: [] }, { id: int32(7) })', 'int32', 'no value', 32, '7'],
  ])('%s', (text, word, taken, column, given) => {
    expect(found(text)).toEqual(says(word, taken, column, given));
  });

  test.each([
    'all(a, b, c, d)',
    `enumOf('a', 'b', 'c')`,
    `within(...regions)`,
    'when(...both)',
    'when(...all, ...more, 1)',
    `int32().label('a', 'b').formerly('x', 'y')`,
    'mine.nullable(1)',
    'mine().doc(1, 2)',
    'all(a).doc(1, 2)',
    'other(1, 2, 3)',
  ])('and none where nothing is lost: %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

function countOf(parameters: readonly Pattern[]): number {
  return parameters.some(({ type }) => type === 'RestElement') ? Number.POSITIVE_INFINITY : parameters.length;
}
