import { offerAddress } from '../../model/address.ts';
import { offeredDigest } from '../../model/offered.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** What is offered is what was digested: an offer is void once its thing changed, or is another's. */
export const staleOffer: Rule = {
  name: 'stale-offer',
  judges: {
    *offer({ name, address, digest }, ask) {
      const now = offeredDigest(ask, address);
      if (now === null || now === digest) return;
      yield {
        severity: 'warning',
        message: `offer '${name}' is of '${address}' as it was, and it is no longer that: it cannot be accepted.`,
        help: `Offer it as it is:  digest: '${now}'.  Or take the offer out.`,
        at: spotOf(offerAddress(name), 'digest'),
        related: [{ message: 'what was offered', at: spotOf(address) }],
      };
    },
  },
};
