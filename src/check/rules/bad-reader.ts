import type { Report, Rule, Spot } from '../rule.ts';
import { spotOf, teamSpot } from '../spots.ts';

/** Who reads is a group or a user. */
export const badReader: Rule = {
  name: 'bad-reader',
  judges: {
    *zone({ name, teams }) {
      for (const [team, { may }] of Object.entries(teams))
        yield* notPrincipals(may?.readers ?? [], teamSpot(name, team, 'may', 'readers'));
    },
    *workspace({ address, readers }) {
      yield* notPrincipals(readers ?? [], spotOf(address, 'readers'));
    },
  },
};

function* notPrincipals(readers: readonly string[], at: Spot): Iterable<Report> {
  for (const reader of readers)
    if (!/^(?:group|user):[^\s:*]+$/.test(reader))
      yield {
        message: `reader '${reader}' is neither a group nor a user by name, so nobody could be let in by it, or not who was meant.`,
        help: "Write  'group:<name>'  or  'user:<name>': one name, no pattern.",
        at,
      };
}
