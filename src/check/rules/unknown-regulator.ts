import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import { groupsOf } from '../groups.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** Regulators are the mesh's words: one that it does not have would demand nothing. */
export const unknownRegulator: Rule = {
  name: 'unknown-regulator',
  judges: {
    *workspace(workspace, ask) {
      for (const { address, group } of groupsOf(workspace)) {
        if (group.regulator === undefined) continue;
        const mesh = wordsOfMesh(ask);
        const regulators = mesh.regulators ?? {};
        if (own(regulators, group.regulator) !== undefined) continue;
        const known = Object.keys(regulators);
        yield {
          message: `group '${address}' names regulator '${group.regulator}', which mesh '${mesh.name}' does not have, so it would demand nothing.`,
          help: `${known.length === 0 ? 'Ask' : `Use one of ${quoted(known)}, or ask`} the owner of the mesh to add it to  regulators.${didYouMean(group.regulator, known)}`,
          at: spotOf(address, 'regulator'),
        };
      }
    },
  },
};
