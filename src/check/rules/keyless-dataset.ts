import { keyOf } from '../../model/effective.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** Without a key there is no telling which row an update or a delete meant. */
export const keylessDataset: Rule = {
  name: 'keyless-dataset',
  judges: {
    *datastore(datastore) {
      for (const { address, name, dataset } of datasetsOf(datastore)) {
        if (keyOf(dataset).length > 0 || dataset.appendOnly === true) continue;
        yield {
          message: `dataset '${name}' has no key, so ${
            datastore.changes.mode === 'cdc'
              ? 'an update or a delete at the source could not be applied to its rows'
              : 'two reads of it cannot be compared row by row'
          }.`,
          help: `Add  key: ['<column>']  with columns that are unique together and never null; or, where rows are only ever added,  appendOnly: true.  Nothing changes for the producer: their writes go on as before.`,
          at: spotOf(address),
        };
      }
    },
  },
};
