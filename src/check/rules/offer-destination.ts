import { offerAddress } from '../../model/address.ts';
import type { Offer } from '../../model/model.ts';
import { objectAt } from '../../model/offered.ts';
import { isSameOwner, ownerLabel } from '../../model/owner.ts';
import { ownerOfParty, partyAt, partyWords } from '../../model/party.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** An offered object goes to a free address with its receiver; an offered party stays where it is. */
export const offerDestination: Rule = {
  name: 'offer-destination',
  judges: {
    offer: (offer, ask) =>
      destinations(offer, ask).map((report) => ({ ...report, at: spotOf(offerAddress(offer.name), 'as') })),
  },
};

function destinations(offer: Offer, ask: Ask): readonly Omit<Report, 'at'>[] {
  const { name, address, as } = offer;
  if (objectAt(ask, address) === null)
    // What is neither is found by unknown-offered.
    return as === undefined || ownerOfParty(ask, address) === null
      ? []
      : [
          {
            message: `offer '${name}' is of ${partyWords(address)} and says 'as: ${as}', but a zone, team or environment keeps its name: only its owner changes.`,
            help: 'Take out  as.  A datastore, workspace or transformer moves; each is an offer of its own.',
          },
        ];
  if (as === undefined)
    return [
      {
        message: `offer '${name}' is of '${address}' and does not say where it goes: its address names its team, and with another owner it is another.`,
        help: "Say  as: 'zone/team/name'  with a team of the receiver.",
      },
    ];
  return [...takenBy(offer, as, ask), ...notTheirs(offer, as, ask)];
}

/** Others decide on what comes next: whether the address is free, and whose it is. So they are not blocked by an offer. */
function takenBy({ name, address }: Offer, as: string, ask: Ask): readonly Omit<Report, 'at'>[] {
  if (objectAt(ask, as) === null) return [];
  return [
    {
      severity: 'warning',
      message: `offer '${name}' moves '${address}' to '${as}', which is taken${as === address ? ' by itself' : ''}: it cannot be accepted.`,
      help: 'Say another address in  as,  or take the offer out.',
    },
  ];
}

function notTheirs({ name, to }: Offer, as: string, ask: Ask): readonly Omit<Report, 'at'>[] {
  const team = partyAt(as);
  const owner = ownerOfParty(ask, team);
  if (owner !== null && isSameOwner(owner, to)) return [];
  return [
    {
      severity: 'warning',
      message: `offer '${name}' is to ${ownerLabel(to)} and moves it to '${as}', but ${partyWords(team)} is ${owner === null ? 'not declared' : `owned by ${ownerLabel(owner)}`}: it cannot be accepted by the receiver alone.`,
      help: 'Say the address of a team that the receiver owns.',
    },
  ];
}
