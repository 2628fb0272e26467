import { didYouMean } from '../../findings/near-name.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** Rows that a transformer makes are made by one that is there. */
export const unknownTransformer: Rule = {
  name: 'unknown-transformer',
  judges: {
    *datastore({ address, changes: { transformer } }, ask) {
      if (transformer === undefined || ask.object('transformer', transformer) !== null) return;
      yield {
        message: `datastore '${address}' is the output of '${transformer}', but there is no such transformer, so it would stay empty.`,
        help: `Define it,  transformer('${transformer}', { ... }), or name one that is there.${didYouMean(transformer, ask.addresses('transformer'))}`,
        at: spotOf(address, 'changes'),
      };
    },
  },
};
