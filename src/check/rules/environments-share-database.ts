import { environmentAddress } from '../../model/address.ts';
import { containersOf, containerWords } from '../containers.ts';
import { databaseOf } from '../identity.ts';
import type { Rule } from '../rule.ts';

/** What one environment writes, no other writes: a trial in one would be felt in the other. */
export const environmentsShareDatabase: Rule = {
  name: 'environments-share-database',
  judges: {
    *environment(environment, ask) {
      const own = environmentAddress(environment.name);
      const written = ask
        .addresses('environment')
        .filter((address) => address < own)
        .flatMap((address) => ask.object('environment', address) ?? [])
        .flatMap(containersOf)
        .filter(({ role }) => role !== 'connection');
      for (const entry of containersOf(environment)) {
        const database = entry.role === 'connection' ? null : databaseOf(entry.container, ask.facts);
        const other = written.find(
          ({ container }) => database !== null && databaseOf(container, ask.facts) === database,
        );
        if (other === undefined) continue;
        yield {
          message: `${containerWords(entry)} and ${containerWords(other)} are one database, so what is done in one environment is done in the other.`,
          help: 'Give each environment databases of its own.',
          at: entry.spot,
          related: [{ message: containerWords(other), at: other.spot }],
        };
      }
    },
  },
};
