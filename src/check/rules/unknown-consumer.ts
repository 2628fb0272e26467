import { didYouMean } from '../../findings/near-name.ts';
import type { WholeRule } from '../rule.ts';
import { spotOf } from '../subject.ts';

/** A producer's list of consumers names groups that exist. */
export const unknownConsumer: WholeRule = {
  name: 'unknown-consumer',
  *find({ model, groupAt }) {
    for (const { address, consumers } of Object.values(model.datastores))
      for (const consumer of consumers ?? []) {
        if (groupAt.has(consumer)) continue;
        yield {
          message: `datastore '${address}' approves the consumer '${consumer}', but no workspace has such a group: whoever takes that name later would be let in.`,
          help: `Name a group as  'zone/team/workspace.group', or take it out.${didYouMean(consumer, groupAt.keys())}`,
          at: spotOf(address, 'consumers'),
        };
      }
  },
};
