import { compilePattern } from '../policy/pattern.ts';
import { predicatesOf } from '../policy/predicates.ts';
import type { Rule } from '../rule.ts';

/** A policy's pattern is one that can be run on any name in a time that is linear in it. */
export const unsafePattern: Rule = {
  name: 'unsafe-pattern',
  judges: {
    *zone(zone) {
      for (const { policy, predicate, at } of predicatesOf(zone)) {
        if (predicate.kind !== 'named') continue;
        const pattern = compilePattern(predicate.pattern);
        if (pattern.kind === 'pattern') continue;
        yield {
          message: `policy '${policy}' of zone '${zone.name}' has the pattern /${predicate.pattern}/, which cannot be run safely: ${pattern.reason}.`,
          help: 'Use letters, classes, groups, alternatives and repetitions; no look-around and no back-references.',
          at,
        };
      }
    },
  },
};
