import { expect, test } from 'vitest';
import type { Listed } from './files.ts';
import { overlookedFiles } from './overlooked.ts';
import { lines, loaded, mesh } from './testing/model.ts';

const words = `import { group } from 'freehold';\nexport default group({ read: [] });\n`;

function overlooked(files: Readonly<Record<string, string>>): readonly string[] {
  const all: readonly Listed[] = Object.keys(files).map((path) => ({ path, kind: 'file' }));
  return overlookedFiles(all, (path) => Buffer.from(files[path] ?? '')).map(({ at }) => at?.file ?? '');
}

test('a file that imports the words of a model and is not read is told of, with what to do', async () => {
  const { findings, model } = await loaded({ ...mesh, 'retail/shop.tsx': words, 'notes.js': 'export default 1;\n' });
  expect(lines(findings)).toEqual([
    "retail/shop.tsx:1:1 overlooked-file 'retail/shop.tsx' imports from 'freehold', but only  *.ts, *.yaml  and  *.yml  are read, so it has no effect.",
  ]);
  expect(findings[0]).toMatchObject({ severity: 'warning', help: expect.stringContaining("'shop.ts'") });
  expect(model).not.toBeNull();
});

test.each(['a.js', 'a.mjs', 'a.cjs', 'a.jsx', 'a.mts', 'a.cts', 'a.tsx'])(
  '%s is overlooked where it imports them',
  (file) => {
    expect(overlooked({ [file]: words })).toEqual([file]);
    expect(overlooked({ [file]: `const { group } = require("freehold");` })).toEqual([file]);
    expect(overlooked({ [file]: `import 'freehold-elsewhere';\n// of freehold\n` })).toEqual([]);
  },
);

test('a file whose name ends nearly as one that is read is overlooked', () => {
  const files = ['a.YAML', 'b.Yml', 'c.schema.yml', 'd.odcs.yml'];
  expect(overlooked(Object.fromEntries(files.map((file) => [file, '']))).toSorted()).toEqual(files);
});

test.each([
  'vitest.config.mts',
  'eslint.config.js',
  'shop.test.js',
  'shop.spec.mjs',
  'types.d.mts',
  'node_modules/freehold/a.js',
  '.github/a.mjs',
  'README.md',
  'package.json',
  'schema.yml',
  'video.TS',
])('what is of a tool is not: %s', (file) => {
  expect(overlooked({ [file]: words })).toEqual([]);
});

test('what a compiler made of a model file is not', () => {
  expect(overlooked({ 'retail/shop.ts': words, 'retail/shop.js': words, 'dist/shop.js': words })).toEqual([]);
});
