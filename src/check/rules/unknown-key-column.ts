import { didYouMean } from '../../findings/near-name.ts';
import { keyOf } from '../../model/effective.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A key is made of columns of its dataset, each once. */
export const unknownKeyColumn: Rule = {
  name: 'unknown-key-column',
  judges: {
    *datastore(datastore) {
      for (const { address, name, dataset } of datasetsOf(datastore)) {
        const seen = new Set<string>();
        for (const column of keyOf(dataset)) {
          const isTwice = seen.has(column);
          seen.add(column);
          if (!isTwice && Object.hasOwn(dataset.columns, column)) continue;
          yield {
            message: isTwice
              ? `the key of dataset '${name}' names column '${column}' twice.`
              : `the key of dataset '${name}' names column '${column}', which the dataset does not have, so its rows cannot be told apart.`,
            help: isTwice
              ? 'Name each column of the key once.'
              : `Name a column of the dataset, by the name it has here (not at the source).${didYouMean(column, Object.keys(dataset.columns))}`,
            at: spotOf(address, 'key'),
          };
        }
      }
    },
  },
};
