import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot } from '../spots.ts';

/** Our columns stand in the same tables as the author's, and begin with fh_. */
export const reservedName: Rule = {
  name: 'reserved-name',
  judges: {
    *datastore(datastore) {
      for (const entry of datasetsOf(datastore))
        for (const column of Object.keys(entry.dataset.columns)) {
          if (!column.startsWith('fh_')) continue;
          yield {
            message: `column '${column}' begins with 'fh_', which freehold keeps for its own columns in the same tables.`,
            help: `Give the column another name and keep the source's:  from('${column}').`,
            at: columnSpot(entry, column),
          };
        }
    },
  },
};
