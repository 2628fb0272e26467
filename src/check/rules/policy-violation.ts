import { brokenAtRest } from '../policy/at-rest.ts';
import { brokenByNames } from '../policy/names.ts';
import { brokenByGroups, brokenByTransformer } from '../policy/reading.ts';
import type { Rule } from '../rule.ts';

/** The policies of every zone whose data a row has hold wherever the row rests and whoever reads it. */
export const policyViolation: Rule = {
  name: 'policy-violation',
  judges: {
    *datastore(datastore, ask) {
      yield* brokenAtRest(datastore, ask);
      yield* brokenByNames(datastore, ask);
    },
    workspace: brokenByGroups,
    transformer: brokenByTransformer,
  },
};
