import { checksOf } from '../checks.ts';
import type { Rule } from '../rule.ts';

/** A share is more than nothing, and at most all. */
export const badShare: Rule = {
  name: 'bad-share',
  judges: {
    *datastore(datastore) {
      for (const { check, at, said } of checksOf(datastore)) {
        const { share } = check;
        if (share === undefined || (share > 0 && share <= 1)) continue;
        yield {
          message: `${said} says that a share of ${share} of the rows must pass, which is none between 0 and 1.`,
          help: `Write the share of the rows that must pass, above 0 and at most 1:  0.99${share > 1 && share <= 100 ? `;  for ${share}% write ${share / 100}` : ''}.`,
          at,
        };
      }
    },
  },
};
