import { keyOf, own } from '../../model/effective.ts';
import { typeText } from '../../types/text.ts';
import type { TypeKind } from '../../types/type.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot, spotOf } from '../spots.ts';

/** A key is of types whose equal values are the same text on every engine. */
export const unfitKeyType: Rule = {
  name: 'unfit-key-type',
  judges: {
    *datastore(datastore) {
      for (const entry of datasetsOf(datastore))
        for (const name of new Set(keyOf(entry.dataset))) {
          const type = own(entry.dataset.columns, name)?.type;
          const why = type === undefined ? undefined : unfit.get(type.kind);
          if (type === undefined || why === undefined) continue;
          yield {
            message: `column '${name}' is part of the key of dataset '${entry.name}' and is ${typeText(type)}, ${why}: rows could not be told apart alike everywhere.`,
            help: 'Choose columns of whole numbers, decimals, text, dates, times or uuid for the key.',
            at: columnSpot(entry, name),
            related: [{ message: `the key of '${entry.name}'`, at: spotOf(entry.address, 'key') }],
          };
        }
    },
  },
};

const nested = 'whose values engines compare each in their own way, or not at all';
const unfit: ReadonlyMap<TypeKind, string> = new Map<TypeKind, string>([
  ['float', 'which is rounded where it is written and read, and may be no number'],
  ['interval', "of which '24 hours' and '1 day' are equal on one engine and not on another"],
  ['json', nested],
  ['array', nested],
  ['struct', nested],
  ['map', nested],
]);
