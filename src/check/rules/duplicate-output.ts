import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A transformer writes one datastore, the first by address. */
export const duplicateOutput: Rule = {
  name: 'duplicate-output',
  judges: {
    *datastore({ address, changes: { transformer } }, ask) {
      if (transformer === undefined) return;
      const [first] = ask.found('output', transformer);
      if (first === undefined || first === address) return;
      yield {
        message: `datastore '${address}' is the output of transformer '${transformer}', which already writes datastore '${first}': a transformer writes one.`,
        help: 'Put the datasets of both into one datastore, or make these by a transformer of their own.',
        at: spotOf(address, 'changes'),
        related: [{ message: `datastore '${first}'`, at: spotOf(first, 'changes') }],
      };
    },
  },
};
