import type { Rule } from '../rule.ts';
import { partsOf, spotOf } from '../spots.ts';

/** Who owns a datastore owns what writes it. */
export const foreignOutput: Rule = {
  name: 'foreign-output',
  judges: {
    *datastore({ address, changes: { transformer } }, ask) {
      if (transformer === undefined || ask.object('transformer', transformer) === null) return;
      const [own, other] = [partsOf(address), partsOf(transformer)];
      if (own.zone === other.zone && own.team === other.team) return;
      yield {
        message: `datastore '${address}' of team '${own.zone}/${own.team}' is written by transformer '${transformer}' of team '${other.zone}/${other.team}': what one team promises, another would make and could change.`,
        help: `Give both to one team. Team '${own.zone}/${own.team}' may read a datastore of the other team and make its own of it.`,
        at: spotOf(address, 'changes'),
        related: [{ message: `transformer '${transformer}'`, at: spotOf(transformer) }],
      };
    },
  },
};
