import { meshAddress } from '../../model/address.ts';
import { ownersIn, repositoryKeys } from '../../model/lookup.ts';
import { objectNamed } from '../../model/named.ts';
import type { Owner } from '../../model/owner.ts';
import type { Ask, Report, Rule, Spot } from '../rule.ts';
import { meshSpot, spotOf, teamSpot } from '../spots.ts';

/** A repository has one number and one name wherever it is an owner: people read the name, and the number counts. */
export const repositoryNames: Rule = {
  name: 'repository-names',
  judges: {
    *mesh({ owner, zones, environments }, ask) {
      yield* unlike(owner, meshSpot('owner'), ask);
      for (const [name, each] of Object.entries(zones)) yield* unlike(each, meshSpot('zones', name), ask);
      for (const [name, each] of Object.entries(environments)) yield* unlike(each, meshSpot('environments', name), ask);
    },
    *zone({ name, teams }, ask) {
      for (const [team, { owner }] of Object.entries(teams)) yield* unlike(owner, teamSpot(name, team, 'owner'), ask);
    },
  },
};

type Repository = Extract<Owner, { readonly kind: 'repository' }>;

function* unlike(owner: Owner, at: Spot, ask: Ask): Iterable<Report> {
  if (owner.kind !== 'repository') return;
  for (const key of repositoryKeys(owner)) {
    const { repository: first, by } = firstOf(key, ask) ?? { repository: owner, by: '' };
    if (first.id === owner.id && first.name === owner.name) continue;
    yield {
      message:
        first.id === owner.id
          ? `repository ${owner.id} of ${owner.host} is called '${owner.name}' here and '${first.name}' in '${by}': the number counts, so who reads the name may take it for another.`
          : `repository '${owner.name}' of ${owner.host} has the number ${owner.id} here and ${first.id} in '${by}': the number counts, so one of the two is another repository than its name says.`,
      help: `Ask the forge which is right, and write the same here and there:  github('${owner.name}', { id: ${owner.id} }).`,
      at,
      related: [{ message: `'${by}'`, at: spotOf(by) }],
    };
    return;
  }
}

/** The first that is known by a key: of the mesh, or else of the first zone by address. */
function firstOf(key: string, ask: Ask): { readonly repository: Repository; readonly by: string } | null {
  for (const by of ask.found('repository', key)) {
    const object = objectNamed(ask, { kind: by === meshAddress ? 'mesh' : 'zone', address: by });
    for (const owner of object === null ? [] : ownersIn(object))
      if (owner.kind === 'repository' && repositoryKeys(owner).includes(key)) return { repository: owner, by };
  }
  return null;
}
