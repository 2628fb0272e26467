import { wantsHistory } from '../../model/effective.ts';
import { readingGroupsOf } from '../groups.ts';
import type { Rule } from '../rule.ts';
import { partsOf, spotOf } from '../spots.ts';

/**
 * What readers see is called after the model's names: `<workspace>_<group>` is a schema, `<dataset>_history` a view. Two
 * datasets of one name in a group are no collision: their views carry the datastore's name too.
 */
export const nameCollision: Rule = {
  name: 'name-collision',
  judges: {
    *workspace(workspace, ask) {
      for (const entry of readingGroupsOf(workspace, ask)) {
        const schema = `${partsOf(entry.workspace.address).object}_${entry.name}`;
        const [other] = ask.found('schema', schema);
        if (other !== undefined && other !== entry.address)
          yield {
            message: `groups '${entry.address}' and '${other}' would both be schema '${schema}', since a schema is called after the workspace and the group.`,
            help: 'Rename one of the groups, or the workspace of one.',
            at: spotOf(entry.address),
            related: [{ message: `group '${other}'`, at: spotOf(other) }],
          };
        // Tables of a datastore stand in schema `zone__team__name`.
        const tables = schema.split('__').join('/');
        if (ask.object('datastore', tables) !== null)
          yield {
            message: `group '${entry.address}' would be schema '${schema}', which holds the tables of datastore '${tables}' where both are in one database.`,
            help: "Rename the group or the workspace: a name without '__' is never one of freehold's.",
            at: spotOf(entry.address),
            related: [{ message: `datastore '${tables}'`, at: spotOf(tables) }],
          };
        if (!wantsHistory(entry.group)) continue;
        const names = new Map(entry.reads.map((read) => [read.dataset.name, read]));
        for (const read of entry.reads) {
          const taken = names.get(`${read.dataset.name}_history`);
          if (taken === undefined) continue;
          yield {
            message: `group '${entry.address}' reads dataset '${taken.dataset.address}' and the history of '${read.dataset.address}', which would both be view '${taken.dataset.name}'.`,
            help: 'Read the two in groups of their own, or rename one of the datasets.',
            at: taken.spot,
            related: [{ message: `dataset '${read.dataset.address}'`, at: spotOf(read.dataset.address) }],
          };
        }
      }
    },
  },
};
