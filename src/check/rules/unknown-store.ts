import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import type { Environment } from '../../model/model.ts';
import { containersOf } from '../containers.ts';
import type { Report, Rule } from '../rule.ts';
import { environmentSpot } from '../spots.ts';
import { quoted } from '../words.ts';

/** Every dataset has one store, in every environment. */
export const unknownStore: Rule = {
  name: 'unknown-store',
  judges: {
    *environment(environment, { facts }) {
      yield* ofEnvironment(environment);
      for (const { role, container, spot } of containersOf(environment)) {
        const engine = own(facts, container.engine);
        if (engine === undefined || role === 'connection' || role === 'ledger') continue;
        if (role === 'store' ? engine.store : engine.replica) continue;
        yield {
          message: `environment '${environment.name}' names ${engine.title} as a ${role}, but it cannot be one.`,
          help: `Use an engine that can: ${quoted(
            Object.values(facts)
              .filter((e) => (role === 'store' ? e.store : e.replica))
              .map((e) => e.engine),
          )}.`,
          at: spot,
        };
      }
    },
  },
};

function* ofEnvironment(environment: Environment): Iterable<Report> {
  const { name, route } = environment;
  const stores = Object.keys(environment.stores);
  if (stores.length === 0) {
    yield {
      message: `environment '${name}' has no store, so nothing can be kept in it.`,
      help: 'Add one:  stores: { main: postgres({ ... }) }.',
      at: environmentSpot(name, 'stores'),
    };
    return;
  }
  for (const [i, { to }] of (route ?? []).entries())
    if (!stores.includes(to))
      yield {
        message: `a route of environment '${name}' leads to store '${to}', which the environment does not have.`,
        help: `Name one of its stores: ${quoted(stores)}.${didYouMean(to, stores)}`,
        at: environmentSpot(name, 'route', String(i)),
      };
  if (stores.length > 1 && !route?.some(({ larger }) => larger === undefined))
    yield {
      message: `environment '${name}' has the stores ${quoted(stores)}, and no route says which one a dataset goes to${route === undefined || route.length === 0 ? '' : ' when no other does'}.`,
      help: `End the route with  otherwise('${stores[0]}').`,
      at: environmentSpot(name, 'route'),
    };
}
