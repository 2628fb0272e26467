import { consentAddress, declassificationAddress, environmentAddress, meshAddress, offerAddress } from './address.ts';
import { own, teamOf } from './effective.ts';
import type { Lookup } from './lookup.ts';
import type { ModelObject } from './object.ts';
import { contactLabel, type Owner, ownerLabel } from './owner.ts';

/**
 * Who may have a word. Terms. *party*: the mesh, a zone, a team or an environment, by address: `mesh`, `retail`,
 * `retail/sales`, `environment:prod`. Each is declared by the one around it, which says who owns it.
 */

/** The party whose word an object is: its declarations and its content, all of it. */
export function partyOf(object: ModelObject): string {
  switch (object.kind) {
    case 'consent':
      return object.noun.party;
    case 'declassification':
      return object.noun.zone;
    case 'offer':
      return partyAt(object.noun.address);
    default:
      return partyAt(object.address);
  }
}

/** The party that an address is of: itself, or the team of an object. */
export function partyAt(address: string): string {
  if (address.startsWith(environmentPrefix)) return address;
  return (address.split(/[.#]/)[0] ?? '').split('/').slice(0, 2).join('/');
}

/** The party whose word something is that an address names, statements included; null for a statement that is not there. */
export function partyNamed(lookup: Lookup, address: string): string | null {
  if (address.startsWith(consentAddress(''))) return lookup.object('consent', address)?.party ?? null;
  if (address.startsWith(declassificationAddress(''))) return lookup.object('declassification', address)?.zone ?? null;
  if (!address.startsWith(offerAddress(''))) return partyAt(address);
  const offer = lookup.object('offer', address);
  return offer === null ? null : partyAt(offer.address);
}

/** The party that declares this one; null for the mesh, which nobody declares. */
export function parentOf(party: string): string | null {
  if (party === meshAddress) return null;
  const slash = party.indexOf('/');
  return slash < 0 ? meshAddress : party.slice(0, slash);
}

/** Null where the model declares no such party. */
export function ownerOfParty(lookup: Pick<Lookup, 'object'>, party: string): Owner | null {
  const mesh = lookup.object('mesh', meshAddress);
  if (mesh === null) return null;
  if (party === meshAddress) return mesh.owner;
  if (party.startsWith(environmentPrefix)) return own(mesh.environments, party.slice(environmentPrefix.length)) ?? null;
  const [zone = '', team, ...rest] = party.split('/');
  if (rest.length > 0) return null;
  if (team === undefined) return own(mesh.zones, zone) ?? null;
  // A zone that the mesh no longer declares has no say, nor have its teams.
  if (own(mesh.zones, zone) === undefined) return null;
  return own(lookup.object('zone', zone)?.teams ?? {}, team)?.owner ?? null;
}

/** As findings show the owner of a party: with the contact of a team. */
export function partyLabel(lookup: Pick<Lookup, 'object'>, party: string, owner: Owner): string {
  const contact = contactLabel(teamOf(lookup, party)?.contact);
  return contact === '' ? ownerLabel(owner) : `${ownerLabel(owner)} (${contact})`;
}

/** The same of the party whose word something is that an address names; null where the model declares none. */
export function declaredOwner(lookup: Lookup, address: string): string | null {
  const party = partyNamed(lookup, address) ?? '';
  const owner = ownerOfParty(lookup, party);
  return owner === null ? null : partyLabel(lookup, party, owner);
}

/** `team 'retail/sales'`. */
export function partyWords(party: string): string {
  if (party === meshAddress) return 'the mesh';
  if (party.startsWith(environmentPrefix)) return `environment '${party.slice(environmentPrefix.length)}'`;
  return `${party.includes('/') ? 'team' : 'zone'} '${party}'`;
}

const environmentPrefix = environmentAddress('');
