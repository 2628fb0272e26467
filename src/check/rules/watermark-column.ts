import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import { typeText } from '../../types/text.ts';
import type { TypeKind } from '../../types/type.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot, spotOf } from '../spots.ts';

/** watermark('updated_at') reads the rows whose column grew: every dataset needs it, of a type with an order, never null. */
export const watermarkColumn: Rule = {
  name: 'watermark-column',
  judges: {
    *datastore(datastore) {
      for (const entry of datasetsOf(datastore)) {
        const { mode, column: name } = entry.datastore.changes;
        if (mode !== 'watermark') continue;
        const column = name === undefined ? undefined : own(entry.dataset.columns, name);
        if (name === undefined || column === undefined) {
          const had = Object.keys(entry.dataset.columns);
          yield {
            message: `dataset '${entry.name}' has no column '${name ?? ''}', which its datastore's watermark() reads changes by, so a change to its rows would never be seen.`,
            help: `Name in  watermark('...')  a column that every dataset of the datastore has and every change makes greater; or use  snapshot().${didYouMean(name ?? '', had)}`,
            at: spotOf(entry.address),
          };
        } else if (column.nullable === true || !ordered.has(column.type.kind)) {
          yield {
            message: `column '${name}' of dataset '${entry.name}' ${
              column.nullable === true
                ? 'may be null'
                : `is ${typeText(column.type)}, which says nothing about what came later`
            }, so changes read by watermark() would be missed.`,
            help: 'Use a column that is never null and that every change makes greater: a timestamp or a whole number; or  snapshot().',
            at: columnSpot(entry, name),
          };
        }
      }
    },
  },
};

const ordered: ReadonlySet<TypeKind> = new Set<TypeKind>(['int', 'decimal', 'date', 'timestamp', 'timestamptz']);
