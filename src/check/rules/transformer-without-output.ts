import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** What a transformer makes goes into a datastore. */
export const transformerWithoutOutput: Rule = {
  name: 'transformer-without-output',
  judges: {
    *transformer({ address }, ask) {
      if (ask.found('output', address).length > 0) return;
      yield {
        message: `transformer '${address}' writes no datastore, so what it makes goes nowhere.`,
        help: `Add a datastore of the same team with  changes: output('${address}'), or take the transformer out.`,
        at: spotOf(address),
      };
    },
  },
};
