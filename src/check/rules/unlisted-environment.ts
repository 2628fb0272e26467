import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import type { WholeRule } from '../rule.ts';
import { environmentSpot } from '../subject.ts';

/** The mesh lists its environments, with their owners. */
export const unlistedEnvironment: WholeRule = {
  name: 'unlisted-environment',
  *find({ model: { mesh, environments } }) {
    for (const { name } of Object.values(environments)) {
      if (own(mesh.environments, name) !== undefined) continue;
      yield {
        message: `environment '${name}' is defined here, but mesh '${mesh.name}' lists no such environment, so nobody owns what runs in it.`,
        help: `List it in the mesh with its owner:  environments: { ${name}: approvers([user(...)]) }.${didYouMean(name, Object.keys(mesh.environments))}`,
        at: environmentSpot(name),
      };
    }
  },
};
