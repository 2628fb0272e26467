import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** The rooms in order, a storey to a line; a room imports itself and those before it. src/README.md is the map. */
const rooms = [
  ...['base', 'findings', 'types', 'sql', 'engine'],
  ...['model', 'language', 'plan', 'check', 'review'],
  ...['git', 'forge', 'load', 'engines', 'ledger', 'flow', 'run'],
  ...['index', 'export', 'serve', 'cli'],
];

const drivers = ['pg', 'pg-copy-streams', '@duckdb/node-api'];

const root = fileURLToPath(new URL('../src', import.meta.url));
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
const imports = files.flatMap((file) =>
  importsIn(readFileSync(join(root, file), 'utf8')).map((found) => ({ file, ...found })),
);

test('every folder under src is a room, and every room that is there is on the map', () => {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name);
  expect(names.filter((name) => !rooms.includes(name))).toEqual([]);
  const map = readFileSync(join(root, 'README.md'), 'utf8');
  expect(names.filter((name) => !map.includes(`${name}/`))).toEqual([]);
});

test('a room imports itself and rooms above it', () => {
  const wrong = withinSource().filter(({ file, target }) => {
    // Tests and what only tests use may reach anywhere: they wire rooms as doors do.
    if (isForTests(file)) return false;
    return rooms.indexOf(roomOf(target)) > rooms.indexOf(roomOf(file));
  });
  expect(wrong).toEqual([]);
});

test('engines never import one another', () => {
  const wrong = withinSource().filter(({ file, target }) => {
    const from = engineOf(file);
    const to = engineOf(target);
    return from !== null && to !== null && from !== to;
  });
  expect(wrong).toEqual([]);
});

test('below the engines, they are reached by name through index.ts; the ledger alone names one, postgres', () => {
  const wrong = withinSource().filter(({ file, target }) => {
    const engine = engineOf(target);
    if (engine === null || roomOf(file) === 'engines' || roomOf(file) === 'cli' || isForTests(file)) return false;
    // Starting the embedded server is not speaking to an engine.
    return !(roomOf(file) === 'ledger' && engine === 'postgres') && !target.startsWith('engines/postgres/embedded/');
  });
  expect(wrong).toEqual([]);
});

test('only files of connections, logs and embedded servers import a driver, and only when it is needed', () => {
  const wrong = imports.filter(({ file, specifier, how }) => {
    if (!drivers.includes(specifier) || how === 'type' || isForTests(file)) return false;
    // An owner's files run in a process of their own, which needs its driver at once.
    if (/^engines\/\w+\/owner\//.test(file)) return false;
    return how !== 'lazy' || !/^engines\/\w+\/(.*\/)?(connection|capture|log|embedded)\b/.test(file);
  });
  expect(wrong).toEqual([]);
});

function withinSource(): { file: string; target: string }[] {
  return imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ file, specifier }) => ({ file, target: join(dirname(file), specifier).split(sep).join('/') }))
    .filter(({ target }) => !target.startsWith('..'));
}

function roomOf(file: string): string {
  return file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
}

/** The engine whose folder the file is in; null for what all engines share. */
function engineOf(file: string): string | null {
  return /^engines\/(\w+)\//.exec(file)?.[1] ?? null;
}

function isForTests(file: string): boolean {
  return file.endsWith('.test.ts') || file.includes('/testing/') || file.includes('/conformance/');
}

type Import = { readonly specifier: string; readonly how: 'static' | 'lazy' | 'type' };

/** What a file imports, exports from, or imports when it is needed. */
function importsIn(text: string): Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const statements = code.matchAll(/^(?:import|export)\s(type\s)?(?:[^';]*?\sfrom\s)?\s*'([^'\n]+)'/gm);
  const calls = code.matchAll(/\bimport\(\s*'([^'\n]+)'/g);
  return [
    ...[...statements].map(
      ([, type, specifier]) => ({ specifier: specifier ?? '', how: type ? 'type' : 'static' }) as const,
    ),
    ...[...calls].map(([, specifier]) => ({ specifier: specifier ?? '', how: 'lazy' }) as const),
  ];
}
