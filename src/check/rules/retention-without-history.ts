import { wantsHistory } from '../../model/effective.ts';
import { groupsOf } from '../groups.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** Retention is of versions: a group that asks for none has nothing to retain. */
export const retentionWithoutHistory: Rule = {
  name: 'retention-without-history',
  judges: {
    *workspace(workspace) {
      for (const { address, group } of groupsOf(workspace)) {
        if (group.retention === undefined || wantsHistory(group)) continue;
        yield {
          message: `group '${address}' has a retention of ${group.retention} and asks for no history: what a change replaces is gone at once.`,
          help: "Add  history: 'full', or take the retention out.",
          at: spotOf(address, 'retention'),
        };
      }
    },
  },
};
