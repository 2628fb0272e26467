import { digestJson, type Json } from '../base/digest.ts';
import { meshAddress, parseObjectAddress } from './address.ts';
import { own } from './effective.ts';
import type { Lookup } from './lookup.ts';
import { formOf, type ModelObject } from './object.ts';
import { ownerOfParty, parentOf } from './party.ts';

/**
 * SHA-256 of what an offer of this address is an offer of; null where the model has no such thing.
 * A party (the mesh, a zone, a team, an environment): what it is and who owns it, so that the offer is void once it is
 * another's. A datastore, workspace or transformer: its content but for its address, which a move changes.
 */
export function offeredDigest(lookup: Lookup, address: string): string | null {
  const object = objectAt(lookup, address);
  if (object !== null) return contentDigest(object);
  const owner = ownerOfParty(lookup, address);
  if (owner === null) return null;
  return digestJson(['party', address, owner, partyForm(lookup, address)]);
}

/** SHA-256 of an object in canonical form, but for its address: the same before and after a move. */
export function contentDigest(object: ModelObject): string {
  const form = formOf(object);
  return digestJson([object.kind, isRecord(form) ? { ...form, address: undefined } : form]);
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
