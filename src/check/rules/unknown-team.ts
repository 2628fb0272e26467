import { didYouMean } from '../../findings/near-name.ts';
import { own, teamOf } from '../../model/effective.ts';
import type { WholeRule } from '../rule.ts';
import { partsOf, spotOf } from '../subject.ts';

/** A team is declared by its zone: an object of any other team is owned by nobody. */
export const unknownTeam: WholeRule = {
  name: 'unknown-team',
  *find({ model }) {
    for (const [what, objects] of [['datastore', model.datastores] as const, ['workspace', model.workspaces] as const])
      for (const address of Object.keys(objects)) {
        const { zone, team } = partsOf(address);
        // A zone that the mesh does not list is found by unknown-zone.
        if (own(model.mesh.zones, zone) === undefined) continue;
        if (teamOf(model, address) !== null) continue;
        const teams = own(model.zones, zone)?.teams ?? {};
        yield {
          message: `${what} '${address}' is of team '${team}', but zone '${zone}' has no such team, so nobody owns it.`,
          help: `Declare the team in zone '${zone}':  teams: { ${team}: { owner: ... } }.${didYouMean(team, Object.keys(teams))}`,
          at: spotOf(address),
          ...(own(model.zones, zone) ? { related: [{ message: `zone '${zone}'`, at: spotOf(zone) }] } : {}),
        };
      }
  },
};
