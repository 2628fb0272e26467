import { sourceTable } from '../../model/effective.ts';
import { sourceTableKey } from '../../model/lookup.ts';
import { physicalNameText } from '../../model/physical.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A table of a source belongs to one dataset, the first by address: two would be two truths, read and stored twice. */
export const duplicateSourceTable: Rule = {
  name: 'duplicate-source-table',
  judges: {
    *datastore(datastore, ask) {
      if (datastore.source === undefined) return;
      for (const { address, name, dataset } of datasetsOf(datastore)) {
        const [first] = ask.found('sourceTable', sourceTableKey(datastore, name, dataset));
        if (first === undefined || first === address) continue;
        const table = physicalNameText(sourceTable(name, dataset));
        yield {
          message: `dataset '${address}' reads table '${table}' of connection '${datastore.source}', which is already dataset '${first}': a source table has one owner.`,
          help: `Keep one of the two, and let a group read it:  read: ['${first}'].`,
          at: spotOf(address, 'from'),
          related: [{ message: `dataset '${first}'`, at: spotOf(first, 'from') }],
        };
      }
    },
  },
};
