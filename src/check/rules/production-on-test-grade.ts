import { isProduction } from '../../model/effective.ts';
import type { Datastore } from '../../model/model.ts';
import { type ContainerEntry, containersOf, containerWords } from '../containers.ts';
import type { Ask, Rule } from '../rule.ts';
import { spotOf, within } from '../spots.ts';

/** Where one container is of grade 'production', nothing that a production datastore needs there is of grade 'test'. */
export const productionOnTestGrade: Rule = {
  name: 'production-on-test-grade',
  judges: {
    *environment(environment, ask) {
      const containers = containersOf(environment);
      const real = containers.find(({ container }) => container.grade === 'production');
      if (real === undefined) return;
      for (const entry of containers) {
        if (entry.container.grade !== 'test') continue;
        const needs = neededBy(entry, Object.keys(environment.connections), ask);
        if (needs === null) continue;
        yield {
          message: `${containerWords(entry)} is of grade 'test', and datastore '${needs.address}', which is in production, needs it; ${containerWords(real)} is of grade 'production', so this is no environment for tests.`,
          help: "Bind one of grade 'production', or take the containers of grade 'production' out of this environment.",
          at: within(entry.spot, 'grade'),
          related: [
            { message: `datastore '${needs.address}'`, at: spotOf(needs.address, 'production') },
            { message: "grade 'production'", at: within(real.spot, 'grade') },
          ],
        };
      }
    },
  },
};

/** A production datastore that runs in the environment; for a connection, one that reads it. */
function neededBy(entry: ContainerEntry, connections: readonly string[], ask: Ask): Datastore | null {
  for (const connection of entry.role === 'connection' ? [entry.name] : connections)
    for (const address of ask.found('connection', connection)) {
      const datastore = ask.object('datastore', address);
      if (datastore !== null && isProduction(datastore)) return datastore;
    }
  return null;
}
