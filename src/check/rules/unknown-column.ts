import { didYouMean } from '../../findings/near-name.ts';
import { parseMemberAddress } from '../../model/address.ts';
import { own } from '../../model/effective.ts';
import { type PlacedReference, referencesOfTransformer, referencesOfWorkspace } from '../references.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { spotOf, within } from '../spots.ts';

/** A reference that lists columns lists columns that are there. */
export const unknownColumn: Rule = {
  name: 'unknown-column',
  judges: {
    workspace: (workspace, ask) => listingUnknown(referencesOfWorkspace(workspace), ask),
    transformer: (transformer, ask) => listingUnknown(referencesOfTransformer(transformer), ask),
  },
};

function* listingUnknown(references: readonly PlacedReference[], ask: Ask): Iterable<Report> {
  for (const { here, reference, at } of references) {
    const { from, columns } = reference;
    const target = columns === undefined ? null : parseMemberAddress(from);
    const datasets = target === null ? undefined : ask.object('datastore', target.object)?.datasets;
    if (columns === undefined || target === null || datasets === undefined) continue;
    for (const name of target.member === '*' ? Object.keys(datasets) : [target.member]) {
      const dataset = own(datasets, name);
      if (dataset === undefined) continue;
      for (const column of columns) {
        if (Object.hasOwn(dataset.columns, column)) continue;
        yield {
          message: `${here} reads column '${column}' of '${target.object}.${name}', which has no such column.`,
          help: `Take it out, or name a column of the dataset.${didYouMean(column, Object.keys(dataset.columns))}`,
          at: within(at, 'columns'),
          related: [{ message: `dataset '${name}'`, at: spotOf(target.object, 'datasets', name) }],
        };
      }
    }
  }
}
