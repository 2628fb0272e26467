import { canonicalJson } from '../../base/digest.ts';
import { parseDurationMs } from '../../model/duration.ts';
import type { Predicate, Zone } from '../../model/model.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** What a zone demands of how long versions are kept can be met: no minimum is above a maximum of the same rows. */
export const contradictoryPolicy: Rule = {
  name: 'contradictory-policy',
  judges: {
    *zone(zone) {
      const limits = limitsOf(zone);
      for (const { policy, min, max } of limits)
        if (min === undefined && max === undefined)
          yield {
            message: `policy '${policy}' of zone '${zone.name}' has a  retain  without  min  or  max, so it demands nothing.`,
            help: "Write  retain({ min: '1y' }),  retain({ max: '8y' })  or both.",
            at: spotOf(zone.name, 'policies', policy),
          };
      for (const lower of limits)
        for (const upper of limits) {
          const [least, most] = [ms(lower.min), ms(upper.max)];
          const isSame = lower.of === upper.of || lower.of === '' || upper.of === '';
          if (!isSame || least === null || most === null || least <= most) continue;
          yield {
            message: `policy '${lower.policy}' of zone '${zone.name}' demands that versions are kept for at least ${lower.min}, and ${lower.policy === upper.policy ? 'also' : `policy '${upper.policy}'`} for at most ${upper.max}: nothing can do both.`,
            help: 'Lower the minimum, raise the maximum, or say with  when(...)  which rows each is about.',
            at: spotOf(zone.name, 'policies', lower.policy),
            related:
              lower.policy === upper.policy
                ? []
                : [{ message: `policy '${upper.policy}'`, at: spotOf(zone.name, 'policies', upper.policy) }],
          };
        }
    },
  },
};

type Limit = {
  readonly policy: string;
  /** The condition it is under, as text; empty: none. */
  readonly of: string;
  readonly min?: string;
  readonly max?: string;
};

function limitsOf({ policies = {} }: Zone): readonly Limit[] {
  return Object.entries(policies).flatMap(([policy, { demands }]) => limitsIn(policy, demands, ''));
}

/** Those that always hold together: in `all`, and in the demand of `when`. */
function limitsIn(policy: string, predicate: Predicate, of: string): readonly Limit[] {
  if (predicate.kind === 'all') return predicate.of.flatMap((each) => limitsIn(policy, each, of));
  if (predicate.kind === 'when') return limitsIn(policy, predicate.demand, of + canonicalJson(predicate.if));
  return predicate.kind === 'retain' ? [{ ...predicate, policy, of }] : [];
}

function ms(duration: string | undefined): number | null {
  return duration === undefined ? null : parseDurationMs(duration);
}
