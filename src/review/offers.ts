import { endOfDay } from '../model/duration.ts';
import type { Lookup } from '../model/lookup.ts';
import type { Offer } from '../model/model.ts';
import { offeredDigest } from '../model/offered.ts';
import { isFrom } from './origin.ts';
import type { Proposal } from './proposal.ts';
import { numberedWords } from './words.ts';

/** An offer in base, by the address of the statement itself (`offer:sales_to_shop`). */
export type StandingOffer = { readonly at: string; readonly offer: Offer };

/** Offers in base of what stands at an address, by name. */
export function offersOf(base: Lookup, address: string): readonly StandingOffer[] {
  return base.found('offered', address).flatMap((at) => {
    const offer = base.object('offer', at);
    return offer === null ? [] : [{ at, offer }];
  });
}

/**
 * Why an offer does not carry this proposal; null where it does: it is not expired, the thing is what was offered, the
 * proposal comes from the receiver and takes the offer out of the model, so that it is used once.
 */
export function whyNot({ at, offer }: StandingOffer, proposal: Proposal, base: Lookup, asOfMs: number): string | null {
  const name = `offer '${offer.name}'`;
  if (asOfMs >= (endOfDay(offer.until) ?? 0)) return `${name} expired after ${offer.until}`;
  if (offer.digest !== offeredDigest(base, offer.address))
    return `${name} is of '${offer.address}' as it was before it or its owner changed`;
  if (!isFrom(proposal.origin, offer.to))
    return `${name} is to ${numberedWords(offer.to)}, who did not send this change`;
  if (proposal.head.lookup.object('offer', at) !== null)
    return `${name} is used by this change and stays in the model: take it out`;
  return null;
}
