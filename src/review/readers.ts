import { memberAddress, parseMemberAddress } from '../model/address.ts';
import { isProduction, own } from '../model/effective.ts';
import type { Lookup } from '../model/lookup.ts';
import type { Reference, Transformer, Workspace } from '../model/model.ts';
import type { Removal } from './removal.ts';

/** What of head still needs a thing that is to go: a group or transformer that reads it, or what a transformer makes. */
export type Reader = { readonly address: string; readonly words: string; readonly path: readonly string[] };

/** Who of head would miss a thing, by address. */
export function readersOf(removal: Removal, head: Lookup): readonly Reader[] {
  if (removal.what === 'transformer') return madeBy(removal, head);
  const wildcard = memberAddress(removal.datastore, '*');
  const texts = [wildcard, ...removal.datasets.map((name) => memberAddress(removal.datastore, name))];
  const addresses = new Set(texts.flatMap((text) => head.found('readers', text)));
  return [...addresses].sort().flatMap((address) => {
    const reading = readingAt(head, address);
    if (reading === null) return [];
    const { of, references, kind, path } = reading;
    if (removal.leavesProduction && !isInProduction(of)) return [];
    const using = references.find(
      (reference) =>
        texts.includes(reference.from) &&
        (removal.column === null || names(reference, removal.column)) &&
        // It said that it knows of the end, and a wildcard does not dangle.
        !(removal.what === 'dataset' && reference.from === wildcard && hasAcknowledged(of, removal)),
    );
    if (using === undefined) return [];
    return [{ address, words: `${kind} '${address}' reads '${using.from}'`, path: path(using) }];
  });
}

type Reading = {
  readonly kind: 'group' | 'transformer';
  readonly of: Workspace | Transformer;
  readonly references: readonly Reference[];
  readonly path: (reference: Reference) => readonly string[];
};

function readingAt(head: Lookup, address: string): Reading | null {
  const group = parseMemberAddress(address);
  if (group !== null) {
    const of = head.object('workspace', group.object);
    const found = own(of?.groups ?? {}, group.member);
    if (of === null || found === undefined) return null;
    return { kind: 'group', of, references: found.read, path: ({ from }) => ['read', from] };
  }
  const of = head.object('transformer', address);
  if (of === null) return null;
  const name = (reference: Reference) => Object.keys(of.reads).find((one) => of.reads[one] === reference) ?? '';
  return { kind: 'transformer', of, references: Object.values(of.reads), path: (one) => ['reads', name(one)] };
}

/** Does a reference name a column: not in reading all, whatever they are, but by its name? */
function names({ columns, mask, rows }: Reference, column: string): boolean {
  if (columns?.includes(column) === true || own(mask ?? {}, column) !== undefined) return true;
  const identifiers = (rows ?? '').replaceAll(/'(?:[^']|'')*'/g, ' ').match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? [];
  return identifiers.some((one) => one.toLowerCase() === column);
}

function hasAcknowledged({ acknowledges = [] }: Workspace | Transformer, { address, datastore }: Removal): boolean {
  return acknowledges.includes(address) || acknowledges.includes(datastore);
}

function isInProduction(of: Workspace | Transformer): boolean {
  return of.production ?? false;
}

function madeBy({ address, leavesProduction }: Removal, head: Lookup): readonly Reader[] {
  const outputs = head.found('output', address).filter((at) => {
    const datastore = head.object('datastore', at);
    return datastore !== null && (!leavesProduction || isProduction(datastore));
  });
  const words = outputs.map((at) => ({ address: at, words: `datastore '${at}' is made by it`, path: ['changes'] }));
  if (leavesProduction) return words;
  return [
    ...words,
    ...head
      .found('declassified', address)
      .map((at) => ({ address: at, words: `'${at}' is about what it makes`, path: ['transformer'] })),
  ];
}
