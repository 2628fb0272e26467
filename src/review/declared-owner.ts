import { canonicalJson } from '../base/digest.ts';
import { environmentAddress, meshAddress } from '../model/address.ts';
import { own } from '../model/effective.ts';
import { isSameOwner, type Owner } from '../model/owner.ts';
import type { ObjectChange } from './proposal.ts';
import type { AttributeChange } from './verdict.ts';

/** A party whose declared owner is another after the change. */
export type OwnerChange = { readonly party: string; readonly from: Owner; readonly to: Owner };

/** The owners that a change of the mesh or a zone replaces. One that only has another label is none. */
export function ownerChanges({ before, after }: ObjectChange): readonly OwnerChange[] {
  if (before?.kind === 'mesh' && after?.kind === 'mesh')
    return [
      ...replaced({ mesh: before.noun.owner }, { mesh: after.noun.owner }, () => meshAddress),
      ...replaced(before.noun.zones, after.noun.zones, (zone) => zone),
      ...replaced(before.noun.environments, after.noun.environments, environmentAddress),
    ];
  if (before?.kind === 'zone' && after?.kind === 'zone')
    return replaced(
      Object.fromEntries(Object.entries(before.noun.teams).map(([name, { owner }]) => [name, owner])),
      Object.fromEntries(Object.entries(after.noun.teams).map(([name, { owner }]) => [name, owner])),
      (team) => `${after.address}/${team}`,
    );
  return [];
}

/** The party whose declared owner an attribute is part of; null for every other attribute. */
export function declaredParty({ address, path }: AttributeChange): string | null {
  const [attribute, name] = path;
  if (address !== meshAddress) return attribute === 'owner' && /^[^:/]+\/[^/]+$/.test(address) ? address : null;
  if (attribute === 'owner') return meshAddress;
  if (name === undefined) return null;
  if (attribute === 'zones') return name;
  return attribute === 'environments' ? environmentAddress(name) : null;
}

/** Are they one owner, label included? */
export function isExactly(a: Owner, b: Owner): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function replaced(
  before: Readonly<Record<string, Owner>>,
  after: Readonly<Record<string, Owner>>,
  partyOf: (name: string) => string,
): readonly OwnerChange[] {
  return Object.entries(before).flatMap(([name, from]) => {
    const to = own(after, name);
    return to === undefined || isSameOwner(from, to) ? [] : [{ party: partyOf(name), from, to }];
  });
}
