import { didYouMean } from '../../findings/near-name.ts';
import { environmentsOf, nameOfEnvironment } from '../containers.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** A datastore names its source; an environment says where that is. */
export const unknownConnection: Rule = {
  name: 'unknown-connection',
  judges: {
    *datastore({ address, source, datasets }, ask) {
      // What is left of a datastore that is gone, its tombstones, reads nothing.
      if (source === undefined || Object.keys(datasets).length === 0) return;
      const environments = ask.addresses('environment');
      const without = environments.filter((environment) => ask.part('connection', environment, source) === null);
      if (without.length === 0) return;
      const nowhere = without.length === environments.length;
      const names = without.map((environment) => nameOfEnvironment(environment));
      const bound = () => environmentsOf(ask).flatMap(({ connections }) => Object.keys(connections));
      yield {
        severity: nowhere ? 'error' : 'warning',
        message: `datastore '${address}' reads connection '${source}', which ${
          nowhere
            ? 'no environment binds, so it can be read nowhere'
            : `${quoted(names)} does not bind, so it is not deployed there`
        }.`,
        help: `Bind it in the environment:  connections: { ${source}: postgres({ ... }) }.${nowhere ? didYouMean(source, bound()) : ''}`,
        at: spotOf(address, 'source'),
        related: without.map((environment, i) => ({
          message: `environment '${names[i]}'`,
          at: spotOf(environment, 'connections'),
        })),
      };
    },
  },
};
