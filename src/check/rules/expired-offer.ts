import { offerAddress } from '../../model/address.ts';
import { endOfDay } from '../../model/duration.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** An offer ends. */
export const expiredOffer: Rule = {
  name: 'expired-offer',
  judges: {
    *offer({ name, address, until }, ask) {
      const end = endOfDay(until);
      if (end === null || !ask.isReached(new Date(end).toISOString().slice(0, 10))) return;
      yield {
        severity: 'warning',
        message: `offer '${name}' of '${address}' ended with ${until}: it cannot be accepted any more.`,
        help: 'Take it out, or say a later day in  until.',
        at: spotOf(offerAddress(name), 'until'),
      };
    },
  },
};
