import { offerAddress } from '../../model/address.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A thing is offered once at a time. */
export const offeredTwice: Rule = {
  name: 'offered-twice',
  judges: {
    *offer({ name, address }, ask) {
      const [first = ''] = ask.found('offered', address);
      if (first === '' || first === offerAddress(name)) return;
      yield {
        message: `'${address}' is offered twice, by '${name}' and by '${first.slice(offerAddress('').length)}': whoever accepts first would leave the other with nothing.`,
        help: 'Take one of them out.',
        at: spotOf(offerAddress(name), 'address'),
        related: [{ message: 'also offered here', at: spotOf(first) }],
      };
    },
  },
};
