import { expect, test } from 'vitest';
import { random } from '../flow/testing/reference.ts';
import { groupsFrom } from './circles.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

/** `a: b c, b: a` — what each reaches in one step. */
function groups(graph: Readonly<Record<string, string>>, start = 'a'): readonly string[] {
  const next = (one: string) => (graph[one] ?? '').split('').filter((each) => each !== ' ');
  return [...groupsFrom(start, next)].map((group) => [...group].sort().join(''));
}

test('a group comes after all that it reaches', () => {
  expect(groups({ a: 'bc', b: 'd', c: 'd' })).toEqual(['d', 'b', 'c', 'a']);
  expect(groups({ a: '' })).toEqual(['a']);
});

test('those that reach each other are one group', () => {
  expect(groups({ a: 'b', b: 'c', c: 'bd', d: '' })).toEqual(['d', 'bc', 'a']);
  expect(groups({ a: 'b', b: 'c', c: 'a' })).toEqual(['abc']);
  // Two circles with one in common, and a circle that reaches another.
  expect(groups({ a: 'bc', b: 'a', c: 'a' })).toEqual(['abc']);
  expect(groups({ a: 'b', b: 'ac', c: 'd', d: 'ce', e: '' })).toEqual(['e', 'cd', 'ab']);
  expect(groups({ a: 'a' })).toEqual(['a']);
});

test(`groups are those that reach each other in any graph (seed ${seed})`, () => {
  const letters = 'abcdefgh'.split('');
  const rnd = random(seed);
  for (let graphs = 0; graphs < 2_000; graphs++) {
    const graph = Object.fromEntries(letters.map((one) => [one, letters.filter(() => rnd() < 0.13).join('')]));
    const reached = new Map(letters.map((one) => [one, reach(graph, one)]));
    const found = groups(graph);
    const all = [...(reached.get('a') ?? []), 'a'];
    expect(found.join('').split('').sort()).toEqual([...new Set(all)].sort());
    for (const [place, group] of found.entries())
      for (const one of group) {
        const alike = letters.filter((other) => reached.get(one)?.has(other) && reached.get(other)?.has(one));
        expect(group).toBe([...new Set([one, ...alike])].sort().join(''));
        for (const later of found.slice(place + 1).join('')) expect(reached.get(one)?.has(later)).toBe(false);
      }
  }
});

test('a chain of 100,000 is no deeper than any', () => {
  const next = (one: string) => (one === '100000' ? [] : [String(Number(one) + 1)]);
  expect([...groupsFrom('0', next)]).toHaveLength(100_001);
});

function reach(graph: Readonly<Record<string, string>>, from: string): ReadonlySet<string> {
  const found = new Set(graph[from]);
  for (const one of found) for (const other of graph[one] ?? '') found.add(other);
  return found;
}
