import { meshAddress } from '../model/address.ts';
import { endOfDay, parseDay } from '../model/duration.ts';
import { own } from '../model/effective.ts';
import type { Lookup } from '../model/lookup.ts';
import type { Signer } from '../model/model.ts';
import type { Owner } from '../model/owner.ts';

/** Whose word counts as a party's: of a zone (`retail`), a team (`retail/insight`) or the mesh (`mesh`). Null: there is none such. */
export function partyIn(
  lookup: Lookup,
  party: string,
): { readonly owner: Owner; readonly signers: readonly Signer[] } | null {
  const mesh = lookup.object('mesh', meshAddress);
  if (party === meshAddress) return mesh === null ? null : { owner: mesh.owner, signers: mesh.signers ?? [] };
  const [zoneName = '', teamName] = party.split('/');
  const zone = lookup.object('zone', zoneName);
  const zoneOwner = own(mesh?.zones ?? {}, zoneName);
  // A zone that the mesh does not declare has no say, nor have its teams.
  if (zoneOwner === undefined) return null;
  if (teamName === undefined) return { owner: zoneOwner, signers: zone?.signers ?? [] };
  const team = own(zone?.teams ?? {}, teamName);
  return team === undefined ? null : { owner: team.owner, signers: team.signers ?? [] };
}

/**
 * Why what a signer signed does not count at a time; null: it does. A signature carries no time that could be trusted, so
 * that the days of a signer are asked of the moment of the review.
 */
export function whyNotSigner({ from, until, revoked }: Signer, asOfMs: number): string | null {
  if (revoked !== undefined && (parseDay(revoked) ?? Number.NEGATIVE_INFINITY) <= asOfMs)
    return `was revoked on ${revoked}, and nothing that it signed counts since`;
  if (from !== undefined && (parseDay(from) ?? Number.POSITIVE_INFINITY) > asOfMs) return `counts from ${from} on`;
  if (until !== undefined && (endOfDay(until) ?? Number.NEGATIVE_INFINITY) <= asOfMs) return `counted until ${until}`;
  return null;
}
