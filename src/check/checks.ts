import type { Check, Datastore } from '../model/model.ts';
import { checkText } from '../model/quality.ts';
import { type DatasetEntry, datasetsOf } from './datasets.ts';
import type { Spot } from './rule.ts';
import { spotOf } from './spots.ts';

/** A check of a dataset, where it stands, and what messages call it. */
export type CheckEntry = {
  readonly entry: DatasetEntry;
  readonly check: Check;
  readonly at: Spot;
  readonly said: string;
};

export function* checksOf(datastore: Datastore): Iterable<CheckEntry> {
  for (const entry of datasetsOf(datastore))
    for (const [index, check] of (entry.dataset.quality ?? []).entries())
      yield {
        entry,
        check,
        at: spotOf(entry.address, 'quality', index),
        said: `check ${checkText(check)} of dataset '${entry.name}'`,
      };
}
