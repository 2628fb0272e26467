import type { Rule } from '../rule.ts';
import { meshSpot } from '../spots.ts';

/** Who names a regulator relies on it to demand something. */
export const emptyRegulator: Rule = {
  name: 'empty-regulator',
  judges: {
    *mesh({ regulators = {} }) {
      for (const [name, { minimumRetention, within }] of Object.entries(regulators))
        if (minimumRetention === undefined && within === undefined)
          yield {
            message: `regulator '${name}' demands nothing, so a group that names it is kept from nothing.`,
            help: `Say what it demands,  ${name}: { minimumRetention: '5y', within: '*:eu' }, or take it out.`,
            at: meshSpot('regulators', name),
          };
    },
  },
};
