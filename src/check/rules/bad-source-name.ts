import { parsePhysicalName } from '../../model/physical.ts';
import type { WholeRule } from '../rule.ts';
import { spotOf } from '../subject.ts';

/** `from` of a dataset is the name of a table. */
export const badSourceName: WholeRule = {
  name: 'bad-source-name',
  *find({ datasets }) {
    for (const { address, name, dataset } of datasets) {
      if (dataset.from === undefined || parsePhysicalName(dataset.from) !== null) continue;
      yield {
        message: `dataset '${name}' comes from '${dataset.from}', which is no name of a table, so nothing can be read.`,
        help: `Write  from: 'schema.table', with double quotes around a part that holds a dot:  '"my.schema".table'.`,
        at: spotOf(address, 'from'),
      };
    }
  },
};
