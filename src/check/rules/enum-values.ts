import type { Type } from '../../types/type.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot } from '../spots.ts';

/** The values of an enum are told apart by more than case and blanks, and each is something. */
export const enumValues: Rule = {
  name: 'enum-values',
  judges: {
    *datastore(datastore) {
      for (const entry of datasetsOf(datastore))
        for (const [name, { type }] of entry.columns) {
          const problem = problemOf(valuesIn(type));
          if (problem === null) continue;
          yield {
            message: `column '${name}' of dataset '${entry.name}' is an enum ${problem}.`,
            help: 'List each value once, as the source writes it; or use  text()  where the values are not a short list.',
            at: columnSpot(entry, name),
          };
        }
    },
  },
};

function problemOf(values: readonly string[]): string | null {
  const first = new Map<string, string>();
  for (const value of values) {
    if (value.trim() === '') return `with the value '${value}', which readers cannot tell from none`;
    const folded = value.trim().toLowerCase();
    const other = first.get(folded);
    if (other === value) return `that lists '${value}' twice`;
    if (other !== undefined)
      return `with the values '${other}' and '${value}', which some engines and most readers take for one`;
    first.set(folded, value);
  }
  return null;
}

function valuesIn(type: Type): readonly string[] {
  switch (type.kind) {
    case 'enum':
      return type.values;
    case 'array':
      return valuesIn(type.of);
    default:
      return [];
  }
}
