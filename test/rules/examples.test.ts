import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { must } from '../../src/base/must.ts';
import { check } from '../../src/check/check.ts';
import { rules } from '../../src/check/rules.ts';
import type { Facts } from '../../src/engine/facts.ts';
import { engineFacts } from '../../src/engines/facts.ts';
import type { Finding } from '../../src/findings/finding.ts';
import { type Loaded, loadModel } from '../../src/load/load.ts';
import { sqlParser } from '../../src/load/sql-parser.ts';
import { judges } from '../../src/load/testing/model.ts';
import { review } from '../../src/review/review.ts';
import { approvedBy, propose } from '../../src/review/testing/propose.ts';
import { type Files, readOverview, readPages } from './pages.ts';

const parseSql = await sqlParser();
const root = await mkdtemp(join(tmpdir(), 'freehold-rules-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const { model } = await readOverview();
const all = (await readPages()).filter((page) => Object.keys(page.wrong).length > 0);
const pages = all.filter(({ base }) => base === null);

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

describe('the examples of the pages of review', () => {
  for (const { rule, base, wrong, right, approvers } of all)
    if (base !== null)
      test(`${rule}: the wrong change yields exactly this rule where it says so, the right one nothing`, async () => {
        const before = await loadedOf(`${rule}-base`, base);
        const [bad, good] = await Promise.all([
          loadedOf(`${rule}-wrong`, { ...base, ...wrong }),
          loadedOf(`${rule}-right`, { ...base, ...right }),
        ]);
        expect({ base: lines(before.findings), verdict: reviewed(before, bad, approvers) }).toEqual({
          base: [],
          verdict: [`${rule} ${markOf(wrong)}`],
        });
        expect(reviewed(before, good, approvers)).toEqual([]);
      });
});

/** On this day the changes of the pages are judged. */
const asOfMs = Date.parse('2026-07-01T12:00:00Z');

type LoadedSide = { readonly loaded: Loaded; readonly findings: readonly Finding[] };

async function loadedOf(name: string, files: Files): Promise<LoadedSide> {
  const loaded = await loadedIn(name, files);
  const checked = loaded.model === null ? [] : check(loaded.model, facts, { asOfMs, places: loaded.places, parseSql });
  return { loaded, findings: [...loaded.findings, ...checked] };
}

/** What a review says of going from one to the other. */
function reviewed(base: LoadedSide, head: LoadedSide, approvers: readonly number[]): readonly string[] {
  const model = ({ loaded }: LoadedSide) => must(loaded.model, 'model');
  const proposal = propose(model(base), model(head), approvedBy(...approvers), {
    base: { places: base.loaded.places, findings: base.findings },
    head: { places: head.loaded.places, findings: head.findings },
  });
  const { findings, inherited } = review(proposal, facts, { asOfMs });
  return lines([...findings, ...inherited]);
}

/** What loading and checking finds, one `rule file:line` each. */
async function findingsOf(name: string, files: Files): Promise<string[]> {
  const loaded = await loadedIn(name, files);
  // What could not be read is missing to the rest of the model: check has its say when all of it could be.
  const isWhole = loaded.model !== null && loaded.digest !== null;
  const checked = isWhole ? check(loaded.model, facts, { asOfMs: 0, places: loaded.places, parseSql }) : [];
  return lines([...loaded.findings, ...checked]);
}

async function loadedIn(name: string, files: Files): Promise<Loaded> {
  const directory = join(root, name);
  for (const [file, text] of Object.entries({ ...model, ...files })) {
    const path = join(directory, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return loadModel(directory, { judges });
}

function lines(findings: readonly Finding[]): string[] {
  return findings.map(({ rule, at, message }) =>
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
