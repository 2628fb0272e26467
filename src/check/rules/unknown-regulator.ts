import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import type { WholeRule } from '../rule.ts';
import { spotOf } from '../subject.ts';
import { quoted } from '../words.ts';

/** Regulators are the mesh's words: one that it does not have would demand nothing. */
export const unknownRegulator: WholeRule = {
  name: 'unknown-regulator',
  *find({ model: { mesh }, groups }) {
    const regulators = mesh.regulators ?? {};
    const known = Object.keys(regulators);
    for (const { address, group } of groups) {
      if (group.regulator === undefined || own(regulators, group.regulator) !== undefined) continue;
      yield {
        message: `group '${address}' names regulator '${group.regulator}', which mesh '${mesh.name}' does not have, so it would demand nothing.`,
        help: `${known.length === 0 ? 'Ask' : `Use one of ${quoted(known)}, or ask`} the owner of the mesh to add it to  regulators.${didYouMean(group.regulator, known)}`,
        at: spotOf(address, 'regulator'),
      };
    }
  },
};
