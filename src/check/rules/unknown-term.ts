import { didYouMean } from '../../findings/near-name.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot, partsOf, spotOf } from '../spots.ts';

/** The terms of columns are those of the zone's glossary, and each of those means something. */
export const unknownTerm: Rule = {
  name: 'unknown-term',
  judges: {
    *zone({ name, terms = {} }) {
      for (const [term, meaning] of Object.entries(terms))
        if (meaning.trim() === '')
          yield {
            message: `term '${term}' of zone '${name}' says nothing, so a column that names it is not explained.`,
            help: `Say what it means,  terms: { '${term}': '...' }, or take it out.`,
            at: spotOf(name, 'terms', term),
          };
    },
    *datastore(datastore, ask) {
      const { zone } = partsOf(datastore.address);
      for (const entry of datasetsOf(datastore))
        for (const [name, { term }] of entry.columns) {
          if (term === undefined) continue;
          const terms = ask.part('zoneWords', zone)?.terms ?? {};
          if (Object.hasOwn(terms, term)) continue;
          yield {
            message: `column '${name}' of dataset '${entry.name}' names the term '${term}', which the glossary of zone '${zone}' does not have.`,
            help: `Name a term of it, or ask the owner of zone '${zone}' to add it:  terms: { '${term}': '...' }.${didYouMean(term, Object.keys(terms))}`,
            at: columnSpot(entry, name),
          };
        }
    },
  },
};
