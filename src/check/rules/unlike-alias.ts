import { labelsOf, sourceColumn } from '../../model/effective.ts';
import type { Column } from '../../model/model.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot } from '../spots.ts';

/** Two names of one column of the source are classified alike: they are the same values. */
export const unlikeAlias: Rule = {
  name: 'unlike-alias',
  judges: {
    *datastore(datastore) {
      // Columns that a transformer makes have no names at a source.
      if (datastore.source === undefined) return;
      for (const entry of datasetsOf(datastore)) {
        const first = new Map<string, readonly [string, Column]>();
        for (const [name, column] of entry.columns) {
          const source = sourceColumn(name, column);
          const [otherName, other] = first.get(source) ?? [];
          if (otherName === undefined || other === undefined) first.set(source, [name, column]);
          else if (classOf(column) !== classOf(other))
            yield {
              message: `columns '${otherName}' and '${name}' of dataset '${entry.name}' both read '${source}' of the source, and are classified unlike: who may not read one of them reads the other.`,
              help: 'Give both the same level and the same labels.',
              at: columnSpot(entry, name),
              related: [{ message: `column '${otherName}'`, at: columnSpot(entry, otherName) }],
            };
        }
      }
    },
  },
};

function classOf(column: Column): string {
  return JSON.stringify([column.level ?? null, [...labelsOf(column)].sort()]);
}
