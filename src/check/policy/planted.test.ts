import { expect, test } from 'vitest';
import { sqlParser } from '../../load/sql-parser.ts';
import { check } from '../check.ts';
import { testFacts } from '../testing/facts.ts';
import { type Expected, kinds, pieceName, plantedMesh } from '../testing/planted.ts';

const parseSql = await sqlParser();
const copies = 4;
const filler = 890;
const asOfMs = Date.parse('2026-06-01T00:00:00Z');
const pieces = Object.entries(kinds).flatMap(([kind, { expects }]) =>
  Array.from({ length: copies }, (_, i) => ({ name: pieceName(kind, i), expects })),
);

/** Errors about policies: masks cannot be planned yet, names of source tables are shared, and none of that is asked here. */
function violations(planted: ReadonlySet<string>) {
  return check(plantedMesh(copies, filler, planted), testFacts, { asOfMs, places: {}, parseSql }).filter(
    ({ rule, severity }) => severity === 'error' && rule !== 'duplicate-source-table',
  );
}

test('the mesh as it is has some 1,000 datasets and no finding', () => {
  const { datastores } = plantedMesh(copies, filler, new Set());
  expect(Object.keys(datastores).length).toBeGreaterThan(950);
  expect(violations(new Set())).toEqual([]);
});

test.each(pieces.filter(({ name }) => name.endsWith('0')))(
  '$name, planted alone, is found where it is',
  ({ name, expects }) => {
    expect(unmatched(violations(new Set([name])), expects(name))).toEqual({ missing: [], others: [] });
  },
);

test.each([1, 2, 3, 4, 5])('many violations, planted at random, are all found, and nothing else (seed %i)', (seed) => {
  const random = mulberry(seed);
  const planted = pieces.filter(() => random() < 0.4);
  const expected = planted.flatMap(({ name, expects }) => expects(name));
  expect(expected.length).toBeGreaterThan(10);
  const found = violations(new Set(planted.map(({ name }) => name)));
  expect(unmatched(found, expected), `seed ${seed}`).toEqual({ missing: [], others: [] });
});

type Found = { readonly rule: string; readonly address: string | null; readonly message: string };

function unmatched(found: readonly Found[], expected: readonly Expected[]) {
  const isIt = (one: Found, { rule, address, words }: Expected) =>
    one.rule === rule && one.address === address && words.every((word) => one.message.includes(word));
  return {
    missing: expected.filter((each) => !found.some((one) => isIt(one, each))),
    others: found
      .filter((one) => !expected.some((each) => isIt(one, each)))
      .map(({ rule, message }) => `${rule} ${message}`),
  };
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
