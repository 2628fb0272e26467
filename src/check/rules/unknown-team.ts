import { didYouMean } from '../../findings/near-name.ts';
import { containersOf, containerWords } from '../containers.ts';
import { declaredTeam, listedZone } from '../mesh.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { partsOf, spotOf, within } from '../spots.ts';

/** A team is declared by its zone: an object of any other team is owned by nobody. */
export const unknownTeam: Rule = {
  name: 'unknown-team',
  judges: {
    *datastore({ address }, ask) {
      yield* ofObject('datastore', address, ask);
    },
    *workspace({ address }, ask) {
      yield* ofObject('workspace', address, ask);
    },
    *transformer({ address }, ask) {
      yield* ofObject('transformer', address, ask);
    },
    *environment(environment, ask) {
      for (const entry of containersOf(environment))
        for (const team of entry.container.teams ?? []) {
          const [zone = '', name = ''] = team.split('/');
          if (ask.part('team', zone, name) !== null) continue;
          yield {
            message: `${containerWords(entry)} is given to team '${team}', but no zone has such a team: whoever takes that name later would be let in.`,
            help: `Name a team as  'zone/team', or take it out.${didYouMean(team, teamsNear(zone, ask))}`,
            at: within(entry.spot, 'teams'),
          };
        }
    },
  },
};

/** Those of the zone that is named. */
function teamsNear(zone: string, ask: Ask): readonly string[] {
  return Object.keys(ask.object('zone', zone)?.teams ?? {}).map((team) => `${zone}/${team}`);
}

function* ofObject(what: string, address: string, ask: Ask): Iterable<Report> {
  const { zone, team } = partsOf(address);
  // A zone that the mesh does not list is found by unknown-zone.
  if (listedZone(zone, ask) === null || declaredTeam(address, ask) !== null) return;
  const defined = ask.object('zone', zone);
  yield {
    message: `${what} '${address}' is of team '${team}', but zone '${zone}' has no such team, so nobody owns it.`,
    help: `Declare the team in zone '${zone}':  teams: { ${team}: { owner: ... } }.${didYouMean(team, Object.keys(defined?.teams ?? {}))}`,
    at: spotOf(address),
    ...(defined ? { related: [{ message: `zone '${zone}'`, at: spotOf(zone) }] } : {}),
  };
}
