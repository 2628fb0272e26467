import { typeText } from '../../types/text.ts';
import { isValueOf } from '../../types/value.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot, within } from '../spots.ts';

/** A default is a constant of its column's type: one that moved with time would say something else each time it is asked. */
export const badDefault: Rule = {
  name: 'bad-default',
  judges: {
    *datastore(datastore) {
      for (const entry of datasetsOf(datastore))
        for (const [name, { type, default: value }] of entry.columns) {
          if (value === undefined || isValueOf(value, type)) continue;
          const shown = typeof value === 'string' ? `'${value}'` : String(value);
          yield {
            message: `column '${name}' of dataset '${entry.name}' has the default ${shown}, which is no value of ${typeText(type)}.`,
            help: 'Write a constant of the type: dates and times in full (2026-01-31, 10:00:00, 2026-01-31 10:00:00, with a zone where the type has one), large numbers as text; or take the default out.',
            at: within(columnSpot(entry, name), 'default'),
          };
        }
    },
  },
};
