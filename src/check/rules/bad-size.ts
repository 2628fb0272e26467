import { parseBytes } from '../../plan/size.ts';
import type { Rule } from '../rule.ts';
import { environmentSpot } from '../spots.ts';

/** A size is a number with a unit, more than nothing. */
export const badSize: Rule = {
  name: 'bad-size',
  judges: {
    *environment({ name, route = [] }) {
      for (const [i, { larger, to }] of route.entries()) {
        if (larger === undefined) continue;
        const bytes = parseBytes(larger);
        if (bytes !== null && bytes > 0) continue;
        yield {
          message: `'${larger}' is no size, so the route of environment '${name}' does not say what goes to store '${to}'.`,
          help: "Write a number and a unit (B, KB, MB, GB, TB or PB; powers of 1,000):  larger('500GB').",
          at: environmentSpot(name, 'route', i),
        };
      }
    },
  },
};
