import { wantsHistory } from '../../model/effective.ts';
import type { WholeRule } from '../rule.ts';
import { type GroupEntry, partsOf, spotOf } from '../subject.ts';

/**
 * What readers see is called after the model's names: `<workspace>_<group>` is a schema, `<dataset>_history` a view. Two
 * datasets of one name in a group are no collision: their views carry the datastore's name too.
 */
export const nameCollision: WholeRule = {
  name: 'name-collision',
  *find({ groups }) {
    const schemas = new Map<string, GroupEntry>();
    for (const entry of groups) {
      const schema = `${partsOf(entry.workspace.address).object}_${entry.name}`;
      const other = schemas.get(schema);
      if (other === undefined) schemas.set(schema, entry);
      else
        yield {
          message: `groups '${entry.address}' and '${other.address}' would both be schema '${schema}', since a schema is called after the workspace and the group.`,
          help: 'Rename one of the groups, or the workspace of one.',
          at: spotOf(entry.address),
          related: [{ message: `group '${other.address}'`, at: spotOf(other.address) }],
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
};
