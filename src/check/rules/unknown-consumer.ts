import { didYouMean, nearName } from '../../findings/near-name.ts';
import { parseMemberAddress } from '../../model/address.ts';
import { groupsOf } from '../groups.ts';
import type { Ask, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A producer's list of consumers names groups and transformers that exist. */
export const unknownConsumer: Rule = {
  name: 'unknown-consumer',
  judges: {
    *datastore({ address, consumers = [] }, ask) {
      for (const consumer of consumers) {
        if (isGroup(consumer, ask) || ask.object('transformer', consumer) !== null) continue;
        yield {
          // As an error, a consumer that goes and the producer that lists it would wait for each other.
          severity: 'warning',
          message: `datastore '${address}' approves the consumer '${consumer}', but there is no such group or transformer: whoever takes that name later would be let in.`,
          help: `Name a group as  'zone/team/workspace.group', a transformer as  'zone/team/transformer', or take it out.${didYouMean(consumer, groupsNear(consumer, ask))}`,
          at: spotOf(address, 'consumers'),
        };
      }
    },
  },
};

function isGroup(address: string, ask: Ask): boolean {
  const group = parseMemberAddress(address);
  const workspace = group === null ? null : ask.object('workspace', group.object);
  return group !== null && workspace !== null && Object.hasOwn(workspace.groups, group.member);
}

/** Those of the workspace that is named, or else of every workspace of a near name. */
function groupsNear(consumer: string, ask: Ask): readonly string[] {
  const [object = ''] = consumer.split('.');
  const near = ask.object('workspace', object) === null ? nearest(object, ask.addresses('workspace')) : [object];
  return near.flatMap((address) => {
    const workspace = ask.object('workspace', address);
    return workspace === null ? [] : groupsOf(workspace).map((group) => group.address);
  });
}

function nearest(object: string, workspaces: readonly string[]): readonly string[] {
  const near = nearName(object, workspaces);
  return near === null ? [] : [near];
}
