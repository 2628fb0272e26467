import { memberAddress, parseMemberAddress } from '../../model/address.ts';
import { own } from '../../model/effective.ts';
import type { Lookup } from '../../model/lookup.ts';
import type { Reference } from '../../model/model.ts';
import { partyAt } from '../../model/party.ts';
import type { ParseSql } from '../../sql/lineage/tree.ts';
import { usedReferences } from './query-use.ts';

/** A group or a transformer that reads a dataset, by one reference or several. */
export type Reader = {
  readonly kind: 'group' | 'transformer';
  readonly address: string;
  /** Its team, `retail/insight`. */
  readonly party: string;
  /** Those that reach the dataset: the ones that name it, else wildcards. */
  readonly references: readonly Reference[];
};

/** Who reads a dataset, by address. Asks for its readers alone. */
export function readersOf(
  lookup: Lookup,
  datastore: string,
  dataset: string,
  parseSql?: ParseSql,
): ReadonlyMap<string, Reader> {
  const named = memberAddress(datastore, dataset);
  const wide = memberAddress(datastore, '*');
  const addresses = new Set([...lookup.found('readers', named), ...lookup.found('readers', wide)]);
  const readers = [...addresses].flatMap((address): (readonly [string, Reader])[] => {
    const all = referencesOf(lookup, address, parseSql).filter(({ from }) => from === named || from === wide);
    // A reference to one dataset outweighs a wildcard.
    const own = all.filter(({ from }) => from === named);
    const references = own.length > 0 ? own : all;
    const kind = parseMemberAddress(address) === null ? 'transformer' : 'group';
    return references.length === 0 ? [] : [[address, { kind, address, party: partyAt(address), references }]];
  });
  return new Map(readers);
}

function referencesOf(lookup: Lookup, address: string, parseSql: ParseSql | undefined): readonly Reference[] {
  const member = parseMemberAddress(address);
  if (member === null) {
    const transformer = lookup.object('transformer', address);
    return transformer === null ? [] : usedReferences(lookup, transformer, parseSql);
  }
  return own(lookup.object('workspace', member.object)?.groups ?? {}, member.member)?.read ?? [];
}

/** Does the reference take every column that there is? */
export function isWhole(reference: Reference): boolean {
  return reference.columns === undefined;
}

/** Does it see values of the column, or choose rows by them? */
export function seesValues(reference: Reference, column: string): boolean {
  const isShown = reference.columns?.includes(column) ?? true;
  return (isShown && own(reference.mask ?? {}, column) !== 'null') || isInRows(reference, column);
}

/** Does it say the column's name: lists it, masks it, or chooses rows by it? */
export function names(reference: Reference, column: string): boolean {
  return (
    (reference.columns?.includes(column) ?? false) ||
    own(reference.mask ?? {}, column) !== undefined ||
    isInRows(reference, column)
  );
}

function isInRows({ rows }: Reference, column: string): boolean {
  return rows !== undefined && namesIn(rows).has(column);
}

/** The columns that it uses, of those that are there. */
export function usedColumns(reader: Reader, columns: readonly string[]): readonly string[] {
  return columns.filter((column) => reader.references.some((one) => isWhole(one) || names(one, column)));
}

/** Names in a condition in SQL: bare ones in lower case, quoted ones as they are. A function's counts, which does no harm. */
function namesIn(condition: string): ReadonlySet<string> {
  const tokens = condition.matchAll(/'(?:[^']|'')*'|"((?:[^"]|"")*)"|([a-z_][a-z0-9_$]*)/gi);
  return new Set(
    [...tokens].flatMap(([, quoted, bare]) =>
      quoted !== undefined ? [quoted.replaceAll('""', '"')] : bare !== undefined ? [bare.toLowerCase()] : [],
    ),
  );
}
