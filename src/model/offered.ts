import { digestJson, type Json } from '../base/digest.ts';
import { meshAddress, parseObjectAddress } from './address.ts';
import { own } from './effective.ts';
import type { Lookup } from './lookup.ts';
import { formOf, type ModelObject } from './object.ts';
import { ownerOfParty, parentOf, partyAt } from './party.ts';

/**
 * SHA-256 of what an offer of this address is an offer of: who owns it, so that the offer is void once it is another's, and
 * what it is. That is the declaration of a party (the mesh, a zone, a team, an environment), or the content of a datastore,
 * workspace or transformer but for its address, which a move changes. Null where the model has no such thing.
 */
export function offeredDigest(lookup: Lookup, address: string): string | null {
  const owner = ownerOfParty(lookup, partyAt(address));
  if (owner === null) return null;
  const object = objectAt(lookup, address);
  if (object !== null) return digestJson([object.kind, owner, contentOf(object)]);
  return address === partyAt(address) ? digestJson(['party', owner, address, partyForm(lookup, address)]) : null;
}

function contentOf(object: ModelObject): Json {
  const form = formOf(object);
  return isRecord(form) ? { ...form, address: undefined } : form;
}

/** What of the model can be offered at an address as an object of a team; null where nothing can. */
export function objectAt(
  lookup: Lookup,
  address: string,
): ModelObject<'datastore' | 'workspace' | 'transformer'> | null {
  if (parseObjectAddress(address) === null) return null;
  const datastore = lookup.object('datastore', address);
  if (datastore !== null) return { kind: 'datastore', address, noun: datastore };
  const workspace = lookup.object('workspace', address);
  if (workspace !== null) return { kind: 'workspace', address, noun: workspace };
  const transformer = lookup.object('transformer', address);
  return transformer === null ? null : { kind: 'transformer', address, noun: transformer };
}

function partyForm(lookup: Lookup, party: string): Json {
  if (party === meshAddress) return lookup.object('mesh', meshAddress);
  if (parentOf(party) !== meshAddress) {
    const [zone = '', team = ''] = party.split('/');
    return own(lookup.object('zone', zone)?.teams ?? {}, team) ?? null;
  }
  return lookup.object('zone', party) ?? lookup.object('environment', party);
}

function isRecord(form: Json): form is { readonly [key: string]: Json | undefined } {
  return form !== null && typeof form === 'object' && !Array.isArray(form);
}
