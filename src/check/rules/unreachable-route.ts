import type { Environment } from '../../model/model.ts';
import { parseBytes } from '../../plan/size.ts';
import type { Report, Rule } from '../rule.ts';
import { environmentSpot } from '../spots.ts';

/** The first line of a route that fits counts: one that comes after all that it could fit never does. */
export const unreachableRoute: Rule = {
  name: 'unreachable-route',
  judges: {
    *environment({ name, route, stores }) {
      if (route === undefined) return;
      yield* neverMet(name, route);
      // A route that leads nowhere, or has no last word, is found by unknown-store.
      const isWhole =
        route.every(({ to }) => Object.hasOwn(stores, to)) && route.some(({ larger }) => larger === undefined);
      for (const store of isWhole ? Object.keys(stores) : [])
        if (!route.some(({ to }) => to === store))
          yield {
            severity: 'warning',
            message: `store '${store}' of environment '${name}' is on no line of the route, so nothing will ever rest there.`,
            help: `Lead there,  larger('500GB').to('${store}'), or take the store out.`,
            at: environmentSpot(name, 'stores', store),
          };
    },
  },
};

function* neverMet(name: string, route: NonNullable<Environment['route']>): Iterable<Report> {
  let least = Number.POSITIVE_INFINITY;
  for (const [i, { larger, to }] of route.entries()) {
    const bytes = larger === undefined ? 0 : parseBytes(larger);
    // What is no size is found by bad-size.
    if (bytes === null) continue;
    if (bytes >= least)
      yield {
        message: `line ${i + 1} of the route of environment '${name}', to store '${to}', is never met: ${
          least === 0 ? 'a line before it takes everything' : 'a line before it takes all that is as large'
        }.`,
        help: 'Write the largest first, and  otherwise(...)  last.',
        at: environmentSpot(name, 'route', i),
      };
    least = Math.min(least, bytes);
  }
}
