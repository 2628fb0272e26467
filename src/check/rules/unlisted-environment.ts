import { must } from '../../base/must.ts';
import { didYouMean } from '../../findings/near-name.ts';
import { meshAddress } from '../../model/address.ts';
import type { Rule } from '../rule.ts';
import { environmentSpot } from '../spots.ts';

/** The mesh lists its environments, with their owners. */
export const unlistedEnvironment: Rule = {
  name: 'unlisted-environment',
  judges: {
    *environment({ name }, ask) {
      if (ask.part('environmentOwner', meshAddress, name) !== null) return;
      const mesh = must(ask.object('mesh', meshAddress), meshAddress);
      yield {
        message: `environment '${name}' is defined here, but mesh '${mesh.name}' lists no such environment, so nobody owns what runs in it.`,
        help: `List it in the mesh with its owner:  environments: { ${name}: approvers([user(...)]) }.${didYouMean(name, Object.keys(mesh.environments))}`,
        at: environmentSpot(name),
      };
    },
  },
};
