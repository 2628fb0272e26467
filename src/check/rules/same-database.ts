import { type ContainerEntry, containersOf, containerWords } from '../containers.ts';
import { databaseOf } from '../identity.ts';
import type { Rule } from '../rule.ts';

/** Containers of an environment that freehold writes are databases of their own, and no source is one of them. */
export const sameDatabase: Rule = {
  name: 'same-database',
  judges: {
    *environment(environment, { facts }) {
      const first = new Map<string, ContainerEntry>();
      for (const entry of containersOf(environment)) {
        const database = databaseOf(entry.container, facts);
        if (database === null) continue;
        const other = first.get(database);
        if (other === undefined) first.set(database, entry);
        // Two connections to one source are asked about by one-table-two-connections.
        else if (entry.role !== 'connection' || other.role !== 'connection')
          yield {
            message: `${containerWords(other)} and ${containerWords(entry)} are one database${
              [entry, other].some(({ role }) => role === 'connection')
                ? ', so freehold would write where it should only read'
                : ', so each would find tables of the other in its place'
            }.`,
            help: 'Give each a database of its own; it may be on the same server.',
            at: entry.spot,
            related: [{ message: containerWords(other), at: other.spot }],
          };
      }
    },
  },
};
