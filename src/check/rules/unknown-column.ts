import { didYouMean } from '../../findings/near-name.ts';
import { parseMemberAddress } from '../../model/address.ts';
import { own } from '../../model/effective.ts';
import { groupsOf } from '../groups.ts';
import type { Rule } from '../rule.ts';
import { referenceSpot, spotOf, within } from '../spots.ts';

/** A reference that lists columns lists columns that are there. */
export const unknownColumn: Rule = {
  name: 'unknown-column',
  judges: {
    *workspace(workspace, ask) {
      for (const entry of groupsOf(workspace))
        for (const reference of entry.group.read) {
          const { from, columns } = reference;
          const target = columns === undefined ? null : parseMemberAddress(from);
          const datasets = target === null ? undefined : ask.object('datastore', target.object)?.datasets;
          if (columns === undefined || target === null || datasets === undefined) continue;
          const names = target.member === '*' ? Object.keys(datasets) : [target.member];
          for (const name of names) {
            const dataset = own(datasets, name);
            if (dataset === undefined) continue;
            for (const column of columns) {
              if (Object.hasOwn(dataset.columns, column)) continue;
              yield {
                message: `group '${entry.name}' reads column '${column}' of '${target.object}.${name}', which has no such column.`,
                help: `Take it out, or name a column of the dataset.${didYouMean(column, Object.keys(dataset.columns))}`,
                at: within(referenceSpot(entry.address, reference), 'columns'),
                related: [{ message: `dataset '${name}'`, at: spotOf(target.object, 'datasets', name) }],
              };
            }
          }
        }
    },
  },
};
