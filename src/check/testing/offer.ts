import { canonicalModel } from '../../model/canonical.ts';
import { lookupIn } from '../../model/lookup.ts';
import type { Model, Offer } from '../../model/model.ts';
import { offeredDigest } from '../../model/offered.ts';
import { testModel } from './model.ts';

/** An offer of something of a model as it is there, to the owner of team insight. */
export function testOffer(address: string, parts: Partial<Offer> = {}, model: Model = testModel({})): Offer {
  return {
    name: 'gift',
    address,
    digest: offeredDigest(lookupIn(canonicalModel(model)), address) ?? '0'.repeat(64),
    to: { kind: 'approvers', host: 'github.com', users: [5] },
    until: '2026-12-31',
    ...parts,
  };
}
