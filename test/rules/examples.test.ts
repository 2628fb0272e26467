import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { check } from '../../src/check/check.ts';
import { rules } from '../../src/check/rules.ts';
import type { Facts } from '../../src/engine/facts.ts';
import { engineFacts } from '../../src/engines/facts.ts';
import { loadModel } from '../../src/load/load.ts';
import { sqlParser } from '../../src/load/sql-parser.ts';
import { judges } from '../../src/load/testing/model.ts';
import { type Files, readOverview, readPages } from './pages.ts';

const parseSql = await sqlParser();
const root = await mkdtemp(join(tmpdir(), 'freehold-rules-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const { model } = await readOverview();
const pages = (await readPages()).filter((page) => Object.keys(page.wrong).length > 0);

/** Rules whose wrong example no model file can be: engines that a release lacks. */
const withoutExample = new Set(['empty-text-is-null', 'key-collation', 'unknown-engine', 'unsupported-type']);

// The way of reading is judged by a rule of its own; here every way is open, so that watermark-column has its say.
const facts: Facts = Object.fromEntries(
  Object.entries(engineFacts).map(([name, engine]) => [
    name,
    engine.captures.length === 0 ? engine : { ...engine, captures: ['snapshot', 'watermark', 'cdc'] },
  ]),
);

describe('the examples of the pages', () => {
  test('the model around the examples has no findings', async () => {
    expect(await findingsOf('around', {})).toEqual([]);
  });

  test('every rule of check has examples, but for those that need an engine we lack', () => {
    const missing = rules.map(({ name }) => name).filter((name) => !pages.some((page) => page.rule === name));
    expect(new Set(missing)).toEqual(withoutExample);
  });

  for (const { rule, wrong, right } of pages) {
    test(`${rule}: the wrong example yields exactly this rule where it says so, the right one nothing`, async () => {
      const marked = markOf(wrong);
      const [found, none] = await Promise.all([findingsOf(`${rule}-wrong`, wrong), findingsOf(`${rule}-right`, right)]);
      expect(found).toEqual([`${rule} ${marked}`]);
      expect(none).toEqual([]);
    });
  }
});

/** What loading and checking finds, one `rule file:line` each. */
async function findingsOf(name: string, files: Files): Promise<string[]> {
  const directory = join(root, name);
  for (const [file, text] of Object.entries({ ...model, ...files })) {
    const path = join(directory, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  const loaded = await loadModel(directory, { judges });
  // What could not be read is missing to the rest of the model: check has its say when all of it could be.
  const isWhole = loaded.model !== null && loaded.digest !== null;
  const checked = isWhole ? check(loaded.model, facts, { asOfMs: 0, places: loaded.places, parseSql }) : [];
  return [...loaded.findings, ...checked].map(({ rule, at, message }) =>
    at === null ? `${rule} without a place: ${message}` : `${rule} ${at.file}:${at.line}`,
  );
}

/** `file:line` of the line that ends in  // <- here. */
function markOf(files: Files): string {
  const marks = Object.entries(files).flatMap(([file, text]) =>
    text.split('\n').flatMap((line, i) => (line.endsWith('// <- here') ? [`${file}:${i + 1}`] : [])),
  );
  if (marks.length !== 1) throw new Error(`${marks.length} lines are marked, and one should be`);
  return marks[0] ?? '';
}
