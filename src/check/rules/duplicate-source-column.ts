import { sourceColumn } from '../../model/effective.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot } from '../spots.ts';

/** A column of a source table is one column of a dataset: of two, a change of level, label or name would reach one. */
export const duplicateSourceColumn: Rule = {
  name: 'duplicate-source-column',
  judges: {
    *datastore(datastore) {
      // Columns that a transformer makes have no names at a source.
      if (datastore.source === undefined) return;
      for (const entry of datasetsOf(datastore)) {
        const first = new Map<string, string>();
        for (const [name, column] of Object.entries(entry.dataset.columns)) {
          const source = sourceColumn(name, column);
          const other = first.get(source);
          if (other === undefined) first.set(source, name);
          else
            yield {
              message: `column '${name}' of dataset '${entry.name}' reads '${source}' of the source, which is already column '${other}': masks and labels of one would not hold for the other.`,
              help: 'Keep one of the two; a workspace that wants it twice selects it twice.',
              at: columnSpot(entry, name),
              related: [{ message: `column '${other}'`, at: columnSpot(entry, other) }],
            };
        }
      }
    },
  },
};
