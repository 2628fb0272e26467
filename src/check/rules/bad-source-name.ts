import { parsePhysicalName } from '../../model/physical.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** `from` of a dataset is the name of a table. */
export const badSourceName: Rule = {
  name: 'bad-source-name',
  judges: {
    *datastore(datastore) {
      for (const { address, name, dataset } of datasetsOf(datastore)) {
        if (dataset.from === undefined || parsePhysicalName(dataset.from) !== null) continue;
        yield {
          message: `dataset '${name}' comes from '${dataset.from}', which is no name of a table, so nothing can be read.`,
          help: `Write  from: 'schema.table', with double quotes around a part that holds a dot:  '"my.schema".table'.`,
          at: spotOf(address, 'from'),
        };
      }
    },
  },
};
