import { keyOf } from '../../model/effective.ts';
import type { WholeRule } from '../rule.ts';
import { spotOf } from '../subject.ts';

/** Without a key there is no telling which row an update or a delete meant. */
export const keylessDataset: WholeRule = {
  name: 'keyless-dataset',
  *find({ datasets }) {
    for (const { address, name, dataset, datastore } of datasets) {
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
};
