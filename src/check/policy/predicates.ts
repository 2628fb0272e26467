import type { Predicate, Zone } from '../../model/model.ts';
import type { Spot } from '../rule.ts';

/** A predicate somewhere in a policy. */
export type PlacedPredicate = { readonly policy: string; readonly predicate: Predicate; readonly at: Spot };

/** Every predicate of every policy of a zone, outer ones first. */
export function* predicatesOf({ name: zone, policies = {} }: Zone): Iterable<PlacedPredicate> {
  for (const [policy, { demands, from, doc }] of Object.entries(policies)) {
    // Written bare, or as one with a day or a description.
    const path = ['policies', policy, ...(from === undefined && doc === undefined ? [] : ['demands'])];
    yield* below(policy, demands, { address: zone, path });
  }
}

function* below(policy: string, predicate: Predicate, at: Spot): Iterable<PlacedPredicate> {
  yield { policy, predicate, at };
  const inside = (...path: readonly (string | number)[]): Spot => ({ ...at, path: [...at.path, ...path] });
  switch (predicate.kind) {
    case 'all':
    case 'any':
      for (const [i, each] of predicate.of.entries()) yield* below(policy, each, inside('of', i));
      break;
    case 'not':
      yield* below(policy, predicate.of, inside('of'));
      break;
    case 'when':
      yield* below(policy, predicate.if, inside('if'));
      yield* below(policy, predicate.demand, inside('demand'));
      break;
    default:
      break;
  }
}
