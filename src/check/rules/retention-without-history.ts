import { wantsHistory } from '../../model/effective.ts';
import type { WholeRule } from '../rule.ts';
import { spotOf } from '../subject.ts';

/** Retention is of versions: a group that asks for none has nothing to retain. */
export const retentionWithoutHistory: WholeRule = {
  name: 'retention-without-history',
  *find({ groups }) {
    for (const { address, group } of groups) {
      if (group.retention === undefined || wantsHistory(group)) continue;
      yield {
        message: `group '${address}' has a retention of ${group.retention} and asks for no history: what a change replaces is gone at once.`,
        help: "Add  history: 'full', or take the retention out.",
        at: spotOf(address, 'retention'),
      };
    }
  },
};
