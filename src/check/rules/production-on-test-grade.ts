import { isProduction } from '../../model/effective.ts';
import type { Datastore, Environment } from '../../model/model.ts';
import type { WholeRule } from '../rule.ts';
import { type ContainerEntry, containerWords, spotOf, within } from '../subject.ts';

/** Where one container is of grade 'production', nothing that a production datastore needs there is of grade 'test'. */
export const productionOnTestGrade: WholeRule = {
  name: 'production-on-test-grade',
  *find({ model, containers }) {
    const real = new Map<Environment, ContainerEntry>();
    for (const entry of containers)
      if (entry.container.grade === 'production' && !real.has(entry.environment)) real.set(entry.environment, entry);
    const inProduction = Object.values(model.datastores).filter(isProduction);
    const bySource = new Map(inProduction.map((datastore) => [datastore.source ?? '', datastore]));
    for (const entry of containers) {
      const other = real.get(entry.environment);
      if (entry.container.grade !== 'test' || other === undefined) continue;
      const needs = neededBy(entry, bySource);
      if (needs === undefined) continue;
      yield {
        message: `${containerWords(entry)} is of grade 'test', and datastore '${needs.address}', which is in production, needs it; ${containerWords(other)} is of grade 'production', so this is no environment for tests.`,
        help: "Bind one of grade 'production', or take the containers of grade 'production' out of this environment.",
        at: within(entry.spot, 'grade'),
        related: [
          { message: `datastore '${needs.address}'`, at: spotOf(needs.address, 'production') },
          { message: "grade 'production'", at: within(other.spot, 'grade') },
        ],
      };
    }
  },
};

/** A production datastore that runs in the environment; for a connection, one that reads it. */
function neededBy(entry: ContainerEntry, bySource: ReadonlyMap<string, Datastore>): Datastore | undefined {
  if (entry.role === 'connection') return bySource.get(entry.name);
  const bound = Object.keys(entry.environment.connections).find((name) => bySource.has(name));
  return bound === undefined ? undefined : bySource.get(bound);
}
