import { own } from '../../model/effective.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot, spotOf } from '../spots.ts';

/** Two rows whose key is null are not the same row: SQL says so, and merge would double them. */
export const nullableKeyColumn: Rule = {
  name: 'nullable-key-column',
  judges: {
    *datastore(datastore) {
      for (const entry of datasetsOf(datastore))
        for (const column of new Set(entry.dataset.key ?? [])) {
          if (own(entry.dataset.columns, column)?.nullable !== true) continue;
          yield {
            message: `column '${column}' is part of the key of dataset '${entry.name}' and nullable, but a row without a key cannot be found again when it changes.`,
            help: `Take .nullable() from column '${column}', or choose a key whose columns are never null.`,
            at: columnSpot(entry, column),
            related: [{ message: `the key of '${entry.name}'`, at: spotOf(entry.address, 'key') }],
          };
        }
    },
  },
};
