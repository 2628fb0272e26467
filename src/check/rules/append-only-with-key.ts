import { keyOf } from '../../model/effective.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** `appendOnly` is the way out for a table without a key; with one, merge does better. */
export const appendOnlyWithKey: Rule = {
  name: 'append-only-with-key',
  judges: {
    *datastore(datastore) {
      for (const { address, name, dataset } of datasetsOf(datastore)) {
        const key = keyOf(dataset);
        if (key.length === 0 || dataset.appendOnly !== true) continue;
        yield {
          message: `dataset '${name}' is append-only and has the key ${quoted(key)}: append-only means that there is no key, so one of the two is a mistake.`,
          help: 'Take out  appendOnly: true  to have updates and deletes merged by the key; or take out the key.',
          at: spotOf(address, 'appendOnly'),
        };
      }
    },
  },
};
