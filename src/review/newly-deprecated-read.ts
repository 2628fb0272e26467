import { usedParts } from '../check/graph/used.ts';
import type { Ask } from '../check/rule.ts';
import { spotOf } from '../check/spots.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { columnAddress, memberAddress } from '../model/address.ts';
import { deprecatedReads } from '../model/deprecated.ts';
import { readsOf } from '../model/effective.ts';
import type { Lookup } from '../model/lookup.ts';
import type { Reference } from '../model/model.ts';
import type { ModelObject } from '../model/object.ts';
import { declaredOwner } from '../model/party.ts';
import type { ObjectChange, Side } from './proposal.ts';

/** What a reader builds on anew is not about to go. A warning: the time that is left may be all that it needs. */
export function newlyDeprecatedRead(
  { before, after }: ObjectChange,
  asks: { readonly base: Ask; readonly head: Ask },
  head: Side,
): readonly Finding[] {
  const known = new Set(
    before === null ? [] : readBy(before, asks.base).flatMap(({ read }) => reached(asks.base, read)),
  );
  if (after === null) return [];
  return readBy(after, asks.head).flatMap((part) =>
    deprecatedReads((address) => head.lookup.object('datastore', address), part.read)
      .filter(({ address }) => !known.has(address))
      .map(({ what, address, deprecation, reference }) => {
        const at = part.what === 'group' ? spotOf(part.address, 'read', reference.from) : spotOf(part.address, 'reads');
        return finding({
          rule: 'newly-deprecated-read',
          severity: 'warning',
          address: part.address,
          message: `this change makes ${part.what} '${part.address}' read ${what} '${address}', which is deprecated and may be gone from ${deprecation.removal} on.`,
          help:
            deprecation.use === undefined
              ? 'Ask its owner what to read instead.'
              : `Read '${deprecation.use}' instead.`,
          at: head.placeOf(at.address, ...at.path),
          related: [{ message: `${what} '${address}'`, at: head.placeOf(address, 'deprecated') }],
          owner: declaredOwner(head.lookup, after.address),
        });
      }),
  );
}

function readBy(object: ModelObject, ask: Ask) {
  return object.kind === 'workspace' || object.kind === 'transformer' ? usedParts(object.noun, ask) : [];
}

/** Everything that references reach, deprecated or not: datastores, their datasets and the columns. */
function reached(lookup: Lookup, read: readonly Reference[]): readonly string[] {
  return readsOf((address) => lookup.object('datastore', address), { read }).flatMap(({ datastore, name, columns }) => [
    datastore.address,
    memberAddress(datastore.address, name),
    ...columns.map((column) => columnAddress(datastore.address, name, column)),
  ]);
}
