import { own } from '../../model/effective.ts';
import type { Type } from '../../types/type.ts';
import { containerWords, storagesOf } from '../containers.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot } from '../spots.ts';

/** Where text of no characters is null, required text refuses rows that every other engine takes. */
export const emptyTextIsNull: Rule = {
  name: 'empty-text-is-null',
  judges: {
    *datastore(datastore, ask) {
      const places = storagesOf(ask).filter(({ container }) => own(ask.facts, container.engine)?.emptyTextIsNull);
      // Several containers of an engine refuse alike: one finding for each column and engine.
      for (const place of new Map(places.map((each) => [each.container.engine, each])).values())
        for (const entry of datasetsOf(datastore))
          for (const [name, { type, nullable = false }] of entry.columns) {
            if (nullable || !canBeEmpty(type)) continue;
            yield {
              message: `column '${name}' of dataset '${entry.name}' is required text, and ${own(ask.facts, place.container.engine)?.title} takes '' for null, so ${containerWords(place)} would refuse rows that the source has.`,
              help: `Say that it may be nothing,  .nullable(), or keep the dataset on an engine that tells '' from null.`,
              at: columnSpot(entry, name),
              related: [{ message: containerWords(place), at: place.spot }],
            };
          }
    },
  },
};

function canBeEmpty(type: Type): boolean {
  if (type.kind === 'enum') return type.values.includes('');
  return type.kind === 'text' || type.kind === 'varchar' || type.kind === 'char';
}
