import { expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import { seeded } from '../../cli/demo/company/random.ts';
import type { Place } from '../../findings/finding.ts';
import { sqlParser } from '../../load/sql-parser.ts';
import { loaded } from '../../load/testing/model.ts';
import { canonicalModel } from '../../model/canonical.ts';
import { check } from '../check.ts';
import { testFacts } from '../testing/facts.ts';
import { type Expected, kinds, type Line, pieceName, plantedMesh } from '../testing/planted.ts';
import { plantedFiles } from '../testing/planted-files.ts';

const parseSql = await sqlParser();
const copies = 4;
const filler = 890;
const asOfMs = Date.parse('2026-06-01T00:00:00Z');
const pieces = Object.entries(kinds).flatMap(([kind, { expects }]) =>
  Array.from({ length: copies }, (_, i) => ({ name: pieceName(kind, i), expects })),
);

// The engine that the files name can do what the made-up one can.
const facts = { postgres: must(testFacts.big, 'big') };

/**
 * Errors about policies in the files of the mesh, and the files: masks cannot be planned yet, names of source tables are
 * shared, and none of that is asked here.
 */
async function violations(planted: ReadonlySet<string>, around = filler) {
  const mesh = plantedMesh(copies, around, planted);
  const files = plantedFiles(mesh, (address) => address.startsWith('retail/sales/filler'));
  const { model, findings, places } = await loaded(files);
  expect(findings).toEqual([]);
  expect(model).toEqual(canonicalModel(mesh));
  const found = check(must(model, 'model'), facts, { asOfMs, places, parseSql }).filter(
    ({ rule, severity }) => severity === 'error' && rule !== 'duplicate-source-table',
  );
  return { found, files };
}

test('the mesh as it is has some 1,000 datasets and no finding', async () => {
  const { datastores } = plantedMesh(copies, filler, new Set());
  expect(Object.keys(datastores).length).toBeGreaterThan(950);
  expect((await violations(new Set())).found).toEqual([]);
}, 120_000);

test.each(pieces.filter(({ name }) => name.endsWith('0')))(
  '$name, planted alone, is found on the line where it is',
  async ({ name, expects }) => {
    expect(unmatched(await violations(new Set([name]), 1), expects(name))).toEqual({ missing: [], others: [] });
  },
  120_000,
);

test.each([1, 2, 3, 4, 5])(
  'many violations, planted at random, are all found, and nothing else (seed %i)',
  async (seed) => {
    const random = seeded(seed);
    const planted = pieces.filter(() => random.isLucky(0.4));
    const expected = planted.flatMap(({ name, expects }) => expects(name));
    expect(expected.length).toBeGreaterThan(10);
    const found = await violations(new Set(planted.map(({ name }) => name)));
    expect(unmatched(found, expected), `seed ${seed}`).toEqual({ missing: [], others: [] });
  },
  120_000,
);

type Found = {
  readonly rule: string;
  readonly address: string | null;
  readonly message: string;
  readonly at: Place | null;
};
type Files = Readonly<Record<string, string>>;

function unmatched(
  { found, files }: { readonly found: readonly Found[]; readonly files: Files },
  expected: readonly Expected[],
) {
  const isIt = (one: Found, { rule, address, words, line }: Expected) =>
    one.rule === rule &&
    one.address === address &&
    words.every((word) => one.message.includes(word)) &&
    one.at?.file === line.file &&
    one.at.line === lineIn(files, line);
  return {
    missing: expected.filter((each) => !found.some((one) => isIt(one, each))),
    others: found
      .filter((one) => !expected.some((each) => isIt(one, each)))
      .map(({ rule, message, at }) => `${rule} ${at?.file}:${at?.line} ${message}`),
  };
}

/** Counted from 1; lines are read here, and not by what loads them. */
function lineIn(files: Files, { file, after, text }: Line): number {
  const lines = must(files[file], file)
    .split('\n')
    .map((line) => line.trim());
  const from = after === undefined ? 0 : lines.indexOf(after);
  const found = lines.indexOf(text, from);
  if (from < 0 || found < 0) throw new Error(`no line '${text}' in '${file}'`);
  return found + 1;
}
