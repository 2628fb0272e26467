import { meshAddress } from '../../model/address.ts';
import { own } from '../../model/effective.ts';
import { datasetsOf } from '../datasets.ts';
import type { Rule } from '../rule.ts';
import { columnSpot, meshSpot } from '../spots.ts';

/** Our columns stand in the same tables as the author's, and begin with fh_; the mesh has an address among those of zones. */
export const reservedName: Rule = {
  name: 'reserved-name',
  judges: {
    *mesh({ zones }) {
      if (own(zones, meshAddress) === undefined) return;
      yield {
        message: `a zone is called '${meshAddress}', which is what the mesh is called in consents and offers: nobody could tell whose word is meant.`,
        help: 'Give the zone another name.',
        at: meshSpot('zones', meshAddress),
      };
    },
    *datastore(datastore) {
      for (const entry of datasetsOf(datastore))
        for (const [column] of entry.columns) {
          if (!column.startsWith('fh_')) continue;
          yield {
            message: `column '${column}' begins with 'fh_', which freehold keeps for its own columns in the same tables.`,
            help: `Give the column another name and keep the source's:  from('${column}').`,
            at: columnSpot(entry, column),
          };
        }
    },
  },
};
