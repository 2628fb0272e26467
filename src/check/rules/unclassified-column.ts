import { datasetsOf } from '../datasets.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Rule } from '../rule.ts';
import { columnSpot, spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** In production somebody has said of every column how secret it is; a new column is no exception. */
export const unclassifiedColumn: Rule = {
  name: 'unclassified-column',
  judges: {
    *datastore(datastore, ask) {
      if (datastore.production !== true || datastore.classification !== undefined) return;
      const levels = wordsOfMesh(ask).classification?.levels ?? [];
      if (levels.length === 0) return;
      for (const entry of datasetsOf(datastore)) {
        const without = entry.columns.flatMap(([name, { level }]) => (level === undefined ? [name] : []));
        const [first] = without;
        if (first === undefined) continue;
        yield {
          message: `${quoted(without)} of dataset '${entry.name}' ${without.length === 1 ? 'has' : 'have'} no level, and datastore '${datastore.address}' is in production: nobody has said how secret that is.`,
          help: `Say it of each column,  .level('${levels[0]}'), or of the whole datastore,  classification: '${levels[0]}'.`,
          at: columnSpot(entry, first),
          related: [{ message: `datastore '${datastore.address}'`, at: spotOf(datastore.address, 'production') }],
        };
      }
    },
  },
};
