import { readingGroupsOf } from '../groups.ts';
import type { Rule } from '../rule.ts';
import { partsOf, spotOf } from '../spots.ts';

/** A producer who lists consumers is read by those; one who lists none is read in their own zone only. */
export const notApproved: Rule = {
  name: 'not-approved',
  judges: {
    *workspace(workspace, ask) {
      for (const entry of readingGroupsOf(workspace, ask)) {
        // One finding for each datastore that a reference reaches, however many datasets it reaches there.
        const said = new Set<string>();
        for (const { dataset, spot } of entry.reads) {
          const { address, consumers } = dataset.datastore;
          if (said.has(address)) continue;
          const isSameZone = partsOf(address).zone === partsOf(entry.workspace.address).zone;
          if (consumers === undefined ? isSameZone : consumers.includes(entry.address)) continue;
          said.add(address);
          yield {
            message:
              consumers === undefined
                ? `group '${entry.address}' reads datastore '${address}' of another zone, which approves no consumers: nothing crosses a zone unless its producer allows it.`
                : `group '${entry.address}' reads datastore '${address}', which lists its consumers, and this group is not among them.`,
            help: `Ask the owner of '${address}' to approve it:  consumers: approved('${entry.address}'${consumers?.length ? ', ...' : ''}).`,
            at: spot,
            related: [{ message: `datastore '${address}'`, at: spotOf(address, 'consumers') }],
          };
        }
      }
    },
  },
};
