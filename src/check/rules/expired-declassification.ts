import { dayAfter } from '../../model/duration.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A declassification holds until its last day is over. */
export const expiredDeclassification: Rule = {
  name: 'expired-declassification',
  judges: {
    *declassification({ name, zone, transformer, until, reason }, ask) {
      if (!ask.isReached(dayAfter(until))) return;
      yield {
        severity: 'warning',
        message: `declassification '${name}' held until ${until}, so the policies of zone '${zone}' hold again for what transformer '${transformer}' makes.`,
        help: `Its reason was: ${reason}. Look at the code again and give it a later day, or remove the statement.`,
        at: spotOf(`declassification:${name}`, 'until'),
      };
    },
  },
};
