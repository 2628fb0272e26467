import { didYouMean } from '../../findings/near-name.ts';
import type { WholeRule } from '../rule.ts';
import { environmentSpot, spotOf } from '../subject.ts';
import { quoted } from '../words.ts';

/** A datastore names its source; an environment says where that is. */
export const unknownConnection: WholeRule = {
  name: 'unknown-connection',
  *find({ model, bindings }) {
    const environments = Object.values(model.environments);
    if (environments.length === 0) return;
    for (const { address, source } of Object.values(model.datastores)) {
      if (source === undefined) continue;
      const bound = bindings.get(source) ?? [];
      const without = environments.filter((environment) => !bound.some((b) => b.environment === environment));
      if (without.length === 0) continue;
      const nowhere = bound.length === 0;
      yield {
        severity: nowhere ? 'error' : 'warning',
        message: `datastore '${address}' reads connection '${source}', which ${
          nowhere
            ? 'no environment binds, so it can be read nowhere'
            : `${quoted(without.map((e) => e.name))} does not bind, so it is not deployed there`
        }.`,
        help: `Bind it in the environment:  connections: { ${source}: postgres({ ... }) }.${nowhere ? didYouMean(source, bindings.keys()) : ''}`,
        at: spotOf(address, 'source'),
        related: without.map((e) => ({
          message: `environment '${e.name}'`,
          at: environmentSpot(e.name, 'connections'),
        })),
      };
    }
  },
};
