import { memberAddress } from '../model/address.ts';
import type { Reference, Transformer, Workspace } from '../model/model.ts';
import type { Spot } from './rule.ts';
import { referenceSpot, spotOf } from './spots.ts';

/** A reference, and who reads by it: `group 'retail/insight/reporting.dashboard'`, or, where it stands, `group 'dashboard'`. */
export type PlacedReference = {
  readonly reader: string;
  readonly here: string;
  readonly reference: Reference;
  readonly at: Spot;
};

export function referencesOfWorkspace({ address, groups }: Workspace): readonly PlacedReference[] {
  return Object.entries(groups).flatMap(([name, { read }]) => {
    const group = memberAddress(address, name);
    return read.map((reference) => ({
      reader: `group '${group}'`,
      here: `group '${name}'`,
      reference,
      at: referenceSpot(group, reference),
    }));
  });
}

export function referencesOfTransformer({ address, reads }: Transformer): readonly PlacedReference[] {
  return Object.entries(reads).map(([name, reference]) => ({
    reader: `transformer '${address}'`,
    here: `transformer '${address}'`,
    reference,
    at: spotOf(address, 'reads', name),
  }));
}
