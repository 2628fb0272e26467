import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as language from '../../index.ts';
import { languageBundle } from '../bundle.ts';
import { defaultLimits } from '../limits.ts';
import { rootReader } from '../root.ts';
import { openSandbox } from '../sandbox/evaluate.ts';
import { prepare } from '../sandbox/prepare.ts';
import { wordNamed } from './words.ts';
import { writtenOut } from './written.ts';

const words = new Set(Object.keys(language));
const bundle = await languageBundle();

/** What a file comes to: read off its syntax where it is written out, and in the sandbox alone. */
async function bothWays(files: Readonly<Record<string, string>>) {
  const sandbox = await openSandbox(bundle);
  const texts = { names: Object.keys(files), text: (file: string) => files[file] ?? null };
  const none = { names: [], text: () => null };
  const of = (isWritten: boolean) =>
    rootReader(
      { roots: texts, schemas: none, language: bundle, limits: { ...defaultLimits, isWritten } },
      async () => sandbox,
    );
  return { written: of(true), sandboxed: of(false) };
}

const files: Record<string, string> = {
  'datastore.ts': `import { approved, array, cdc, char, datastore, decimal, enumOf, table, text, varchar } from 'freehold';
const key = ['id'];
const shared = varchar(10).label('pii');
export const deep = datastore('a/b/c', {
  doc: 'Zürich \\u00e9 "x" \\n \u{1f600}', source: 's', changes: cdc(), production: true, consumers: approved('a/b/d.e'),
  datasets: {
    t: table({ key, from: \`p.t\` }, { id: decimal(12, 2).nullable(), 'no': char(3).doc('').from('No'), 12: text(), shared, e: enumOf('a', 'b') }),
    u: table({ key }, { id: shared.nullable().level('x'), list: array(varchar(3)), n: text().default(-0), m: text().default(-1.5e3) }),
  },
});
export default [deep, deep];
`,
  'same.ts': `import { datastore, snapshot, table, varchar as v, text } from 'freehold';
export default datastore('a/b/same', { source: 's', changes: snapshot(), datasets: { t: table({ key: ['x'] }, { x: v(7), y: text(), z: text(), y2: text().tag('a', 'b') }) } });
`,
};

describe('a file that is written out', () => {
  test('is read without the sandbox', () => {
    for (const [file, text] of Object.entries(files))
      expect(writtenOut(prepare(file, 0, text), words, defaultLimits.outputCharacters), file).not.toBe(null);
  });

  test.each([
    ['a function', `export const f = () => 1;`],
    ['a condition', `export const a = 1 ? 2 : 3;`],
    ['a getter', `export const a = { get b() { return 1; } };`],
    ['a prototype', `export const a = { __proto__: null };`],
    ['a computed name', `export const a = { ['b']: 1 };`],
    ['a name of the sandbox', `export const a = Object;`],
    ['a name before it is', `export const a = b; const b = 1;`],
    ['half a character', `export const a = '\\ud800';`],
    ['a pattern', `export const a = /x/;`],
    ['a hole', `export const a = [,1];`],
    ['a spread', `export const a = [...'abc'];`],
    ['a word it did not import', `import { text } from 'freehold'; export const a = varchar(1);`],
    ['a word that is none', `import { textt } from 'freehold'; export const a = textt();`],
    ['a method that is none', `import { text } from 'freehold'; export const a = text().constructor('1');`],
    ['a method of another thing', `import { larger } from 'freehold'; export const a = larger('1GB').to('x');`],
    ['another file', `import './x.ts';`],
    ['a number without end', `export const a = 1e999;`],
    [
      'too many at once',
      `const a = ['${'x'.repeat(1000)}'];\nexport const b = { freehold: 'mesh', a: [${'a,'.repeat(2000)}] };`,
    ],
  ])('has nothing else in it: %s is left to the sandbox', (_, text) => {
    expect(writtenOut(prepare('a.ts', 0, text), words, defaultLimits.outputCharacters)).toBe(null);
  });

  test('comes to what the sandbox makes of it: objects, places, findings', async () => {
    const examples = fileURLToPath(new URL('../../../examples', import.meta.url));
    for (const file of readdirSync(examples, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.ts')) files[`examples/${file}`] = readFileSync(join(examples, file), 'utf8');
    const { written, sandboxed } = await bothWays(files);
    for (const file of Object.keys(files)) expect(await written(file), file).toEqual(await sandboxed(file));
  });

  test('may use every word of the language', () => {
    expect(Object.keys(language).filter((word) => wordNamed(word) === null)).toEqual([]);
  });
});
