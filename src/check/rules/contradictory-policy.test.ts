import { expect, test } from 'vitest';
import type { Policy, Predicate } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const contradictions = (policies: Readonly<Record<string, Policy>>) =>
  found(testModel({ zone: { policies } })).filter((line) => line.includes('contradictory-policy'));
const retain = (min?: string, max?: string): Predicate => ({
  kind: 'retain',
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});
const when = (as: string, demand: Predicate): Predicate => ({ kind: 'when', if: { kind: 'classified', as }, demand });

test('a minimum above a maximum of the same rows, in one policy or in two', () => {
  expect(contradictions({ one: { demands: retain('9y', '8y') } })).toEqual([
    "error contradictory-policy retail: policy 'one' of zone 'retail' demands that versions are kept for at least 9y, and also for at most 8y: nothing can do both.",
  ]);
  expect(
    contradictions({
      a: { demands: when('pii', retain('9y')) },
      b: { demands: { kind: 'all', of: [retain(undefined, '8y')] } },
    }),
  ).toEqual([
    "error contradictory-policy retail: policy 'a' of zone 'retail' demands that versions are kept for at least 9y, and policy 'b' for at most 8y: nothing can do both.",
  ]);
});

test('of other rows, or where either will do, there is no contradiction', () => {
  expect(
    contradictions({
      a: { demands: when('pii', retain('9y')) },
      b: { demands: when('mnpi', retain(undefined, '8y')) },
    }),
  ).toEqual([]);
  expect(contradictions({ a: { demands: { kind: 'any', of: [retain('9y'), retain(undefined, '8y')] } } })).toEqual([]);
  expect(contradictions({ a: { demands: retain('8y', '8y') } })).toEqual([]);
});

test('a retain that says nothing demands nothing', () => {
  expect(contradictions({ a: { demands: retain() } })).toEqual([
    "error contradictory-policy retail: policy 'a' of zone 'retail' has a  retain  without  min  or  max, so it demands nothing.",
  ]);
});
