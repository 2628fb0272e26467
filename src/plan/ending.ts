import { memberAddress, parseMemberAddress } from '../model/address.ts';
import {
  type Deprecated,
  deprecatedIn,
  deprecatedReads,
  hasAcknowledged,
  isPastRemoval,
  readingParts,
} from '../model/deprecated.ts';
import type { Lookup } from '../model/lookup.ts';
import type { Transformer, Workspace } from '../model/model.ts';
import { ownerLabel } from '../model/owner.ts';
import { ownerOfParty, partyAt } from '../model/party.ts';

/**
 * What is to end, and whose move it is: for a datastore, a dataset or a column each deprecation around and in it, with who
 * still reads it; for a workspace, a group or a transformer each deprecated thing that it reads. `partsOf`: how it is told what a
 * reader reads.
 */
export function endingLines(
  lookup: Lookup,
  address: string,
  asOfMs: number,
  partsOf: (reader: Workspace | Transformer) => ReturnType<typeof readingParts> = readingParts,
): readonly string[] {
  const [member = ''] = address.split('#');
  const object = parseMemberAddress(member)?.object ?? member;
  const datastore = lookup.object('datastore', object);
  if (datastore !== null)
    return deprecatedIn(datastore)
      .filter((one) => isAround(one.address, address) || isAround(address, one.address))
      .flatMap((one) => [deprecationLine(one), ...readerLines(one, object, lookup, asOfMs, partsOf)]);
  const reader = lookup.object('workspace', object) ?? lookup.object('transformer', object);
  if (reader === null) return [];
  return partsOf(reader)
    .filter((part) => isAround(address, part.address))
    .flatMap((part) =>
      deprecatedReads((at) => lookup.object('datastore', at), part.read).flatMap((one) => [
        deprecationLine(one),
        `  ${part.what} '${part.address}' reads it, ${standing(reader, one, asOfMs)}.`,
      ]),
    );
}

function deprecationLine({ what, address, deprecation }: Deprecated): string {
  const { removal, reason, use } = deprecation;
  const why = reason === undefined ? '' : ` (${reason})`;
  return `${what} '${address}' is deprecated: it may be gone from ${removal} on${why}${use === undefined ? '' : `; read '${use}' instead`}.`;
}

function readerLines(
  one: Deprecated,
  datastore: string,
  lookup: Lookup,
  asOfMs: number,
  partsOf: (reader: Workspace | Transformer) => ReturnType<typeof readingParts>,
): readonly string[] {
  const names = Object.keys(lookup.object('datastore', datastore)?.datasets ?? {});
  const texts = ['*', ...names].map((name) => memberAddress(datastore, name));
  const addresses = new Set(texts.flatMap((text) => lookup.found('readers', text)));
  const lines = [...addresses].sort().flatMap((address) => {
    const object = parseMemberAddress(address)?.object ?? address;
    const reader = lookup.object('workspace', object) ?? lookup.object('transformer', object);
    const part = reader === null ? undefined : partsOf(reader).find((each) => each.address === address);
    if (reader === null || part === undefined) return [];
    const read = deprecatedReads((at) => lookup.object('datastore', at), part.read);
    if (!read.some((each) => each.address === one.address)) return [];
    const owner = ownerOfParty(lookup, partyAt(address));
    const whose = owner === null ? '' : ` (${ownerLabel(owner)})`;
    return [`  ${part.what} '${address}'${whose} reads it, ${standing(reader, one, asOfMs)}.`];
  });
  if (lines.length > 0) return lines;
  return [
    isPastRemoval(one.deprecation, asOfMs)
      ? '  nobody reads it: its owner may remove it.'
      : `  nobody reads it: from ${one.deprecation.removal} on its owner may remove it.`,
  ];
}

function standing(reader: Workspace | Transformer, { address, deprecation }: Deprecated, asOfMs: number): string {
  if (isPastRemoval(deprecation, asOfMs)) return 'and is not served it any more: the move is its own';
  return hasAcknowledged(reader, address) ? 'and has acknowledged' : 'and has not acknowledged: the move is its own';
}

/** Is the one the other, or around it? */
function isAround(around: string, address: string): boolean {
  return address === around || address.startsWith(`${around}.`) || address.startsWith(`${around}#`);
}
