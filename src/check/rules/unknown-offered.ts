import { didYouMean } from '../../findings/near-name.ts';
import { offerAddress, parseObjectAddress } from '../../model/address.ts';
import { offeredDigest } from '../../model/offered.ts';
import type { Ask, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** An offer is of something that the model has. */
export const unknownOffered: Rule = {
  name: 'unknown-offered',
  judges: {
    *offer({ name, address }, ask) {
      if (offeredDigest(ask, address) !== null) return;
      yield {
        message: `offer '${name}' is of '${address}', which is neither a zone, team or environment of the mesh nor a datastore, workspace or transformer: nobody can accept it.`,
        help: `Name one of them, or take the offer out.${didYouMean(
          address,
          // What is there under the very name is nobody's.
          candidates(address, ask).filter((one) => one !== address),
        )}`,
        at: spotOf(offerAddress(name), 'address'),
      };
    },
  },
};

function candidates(address: string, ask: Ask): readonly string[] {
  if (parseObjectAddress(address) !== null)
    return [...ask.addresses('datastore'), ...ask.addresses('workspace'), ...ask.addresses('transformer')];
  const zones = ask.addresses('zone');
  return [
    ...zones,
    ...ask.addresses('environment'),
    ...zones.flatMap((zone) => Object.keys(ask.object('zone', zone)?.teams ?? {}).map((team) => `${zone}/${team}`)),
  ];
}
