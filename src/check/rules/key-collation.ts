import { keyOf, own } from '../../model/effective.ts';
import { containerWords, storagesOf } from '../containers.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot, spotOf } from '../spots.ts';

/** Text that tells rows apart at the source tells them apart wherever they go. */
export const keyCollation: Rule = {
  name: 'key-collation',
  judges: {
    *datastore({ source, ...datastore }, ask) {
      if (source === undefined) return;
      const isInsensitive = (engine: string) => own(ask.facts, engine)?.caseInsensitiveKeys === true;
      for (const place of storagesOf(ask)) {
        const binding = ask.part('connection', `environment:${place.environment}`, source);
        if (binding === null || isInsensitive(binding.engine) || !isInsensitive(place.container.engine)) continue;
        for (const entry of datasetsOf(datastore))
          for (const name of new Set(keyOf(entry.dataset))) {
            const kind = own(entry.dataset.columns, name)?.type.kind;
            if (kind !== 'text' && kind !== 'varchar' && kind !== 'char') continue;
            yield {
              message: `column '${name}' is part of the key of dataset '${entry.name}', and ${containerWords(place)} takes 'a' and 'A' for one, which the source does not: two of its rows would become one.`,
              help: 'Choose a key without text, or keep the dataset on an engine that tells upper from lower case.',
              at: columnSpot(entry, name),
              related: [
                { message: containerWords(place), at: place.spot },
                {
                  message: `connection '${source}'`,
                  at: spotOf(`environment:${place.environment}`, 'connections', source),
                },
              ],
            };
          }
      }
    },
  },
};
