import { codeDigest } from '../../model/code.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/**
 * A declassification of other code than there is lets go of nothing. A warning: a zone may speak before the code comes,
 * and the code may come before the zone speaks; what that leaves forbidden is found by policy-violation.
 */
export const staleDeclassification: Rule = {
  name: 'stale-declassification',
  judges: {
    *declassification({ name, zone, transformer, code }, ask) {
      const noun = ask.object('transformer', transformer);
      if (noun === null || codeDigest(noun) === code) return;
      yield {
        severity: 'warning',
        message: `declassification '${name}' is about other code or reads of transformer '${transformer}' than there are now, so the policies of zone '${zone}' hold for all that it makes.`,
        help: `Look at the code again; then write  code: '${codeDigest(noun)}', which  freehold explain ${transformer}  prints.`,
        at: spotOf(`declassification:${name}`, 'code'),
        related: [{ message: `transformer '${transformer}'`, at: spotOf(transformer, 'code') }],
      };
    },
  },
};
