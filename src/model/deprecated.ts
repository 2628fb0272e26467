/** What is called deprecated, and who still reads it. `removal` is a day: from its beginning, in UTC, the thing may be gone. */
import { columnAddress, memberAddress, parseMemberAddress } from './address.ts';
import { parseDay, parseDurationMs } from './duration.ts';
import { own, readsOf } from './effective.ts';
import type { Lookup } from './lookup.ts';
import type { Dataset, Datastore, Deprecation, Reference, Transformer, Workspace, Zone } from './model.ts';

export type Deprecated = {
  readonly what: 'datastore' | 'dataset' | 'column';
  readonly address: string;
  readonly deprecation: Deprecation;
};

/** A deprecated thing that is read, and the reference that reads it. */
export type DeprecatedRead = Deprecated & { readonly reference: Reference };

/** How long before its removal a thing must be called deprecated, where its zone says nothing. */
export const defaultNotice = '30d';

/** Every deprecation in a datastore, outermost first. */
export function deprecatedIn(datastore: Datastore): readonly Deprecated[] {
  const { address, deprecated, datasets } = datastore;
  const found = [...of('datastore', () => address, deprecated)];
  for (const [name, dataset] of Object.entries(datasets)) {
    found.push(...of('dataset', () => memberAddress(address, name), dataset.deprecated));
    for (const column of Object.keys(dataset.columns)) {
      const word = dataset.columns[column]?.deprecated;
      if (word !== undefined) found.push(...of('column', () => columnAddress(address, name, column), word));
    }
  }
  return found;
}

/** Deprecated things among what a group's references reach, or a transformer's; each once. */
export function deprecatedReads(
  datastoreAt: (address: string) => Datastore | null,
  read: readonly Reference[],
): readonly DeprecatedRead[] {
  // Most of what is read is not deprecated, which one look at each datastore tells.
  const isAnyThere = read.some(({ from }) => {
    const datastore = datastoreAt(from.split('.')[0] ?? '');
    return datastore !== null && hasDeprecations(datastore);
  });
  if (!isAnyThere) return [];
  const found = new Map<string, DeprecatedRead>();
  for (const { datastore, name, dataset, columns, references } of readsOf(datastoreAt, { read })) {
    const [reference, ...others] = references.flatMap((index) => read[index] ?? []);
    if (reference === undefined) continue;
    const used = new Set([...columns, ...[reference, ...others].flatMap(({ rows }) => wordsIn(rows ?? ''))]);
    for (const one of deprecatedAround(datastore, name, dataset, [...used]))
      if (!found.has(one.address)) found.set(one.address, { ...one, reference });
  }
  return [...found.values()];
}

function hasDeprecations(datastore: Datastore): boolean {
  const known = looked.get(datastore) ?? deprecatedIn(datastore).length > 0;
  looked.set(datastore, known);
  return known;
}

/** Datastores are plain data that nobody changes: what was seen in one stays so. */
const looked = new WeakMap<Datastore, boolean>();

/** Who reads, with the references of each: a workspace's groups, or the transformer. */
export function readingParts(reader: Workspace | Transformer): readonly {
  readonly what: 'group' | 'transformer';
  readonly address: string;
  readonly read: readonly Reference[];
}[] {
  if ('reads' in reader) return [{ what: 'transformer', address: reader.address, read: Object.values(reader.reads) }];
  return Object.entries(reader.groups).map(([name, { read }]) => {
    return { what: 'group' as const, address: memberAddress(reader.address, name), read };
  });
}

/** What stands at an address of a datastore, a dataset or a column; null: nothing. */
export function thingAt(
  lookup: Pick<Lookup, 'object'>,
  address: string,
): { readonly what: Deprecated['what']; readonly deprecation: Deprecation | null } | null {
  const [member = '', column] = address.split('#');
  if (column === undefined && !member.includes('.')) {
    const datastore = lookup.object('datastore', member);
    return datastore === null ? null : { what: 'datastore', deprecation: datastore.deprecated ?? null };
  }
  const parts = parseMemberAddress(member);
  const dataset = own(lookup.object('datastore', parts?.object ?? '')?.datasets ?? {}, parts?.member ?? '');
  if (dataset === undefined) return null;
  if (column === undefined) return { what: 'dataset', deprecation: dataset.deprecated ?? null };
  const found = own(dataset.columns, column);
  return found === undefined ? null : { what: 'column', deprecation: found.deprecated ?? null };
}

/** Has the day of its removal begun? */
export function isPastRemoval({ removal }: Deprecation, asOfMs: number): boolean {
  return (parseDay(removal) ?? Number.POSITIVE_INFINITY) <= asOfMs;
}

export function hasAcknowledged({ acknowledges = [] }: Workspace | Transformer, address: string): boolean {
  return acknowledges.includes(address);
}

export function noticeOf(zone: Zone | null): { readonly text: string; readonly ms: number } {
  const text = zone?.notice ?? defaultNotice;
  return { text, ms: parseDurationMs(text) ?? 0 };
}

/** Words of SQL that may be names of columns, quoted or not, in lower case. What stands in it as text is none. */
export function wordsIn(sql: string): readonly string[] {
  const names = sql.replaceAll(/'(?:[^']|'')*'/g, ' ').match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? [];
  return names.map((name) => name.toLowerCase());
}

function deprecatedAround(
  datastore: Datastore,
  name: string,
  dataset: Dataset,
  columns: readonly string[],
): readonly Deprecated[] {
  const { address, deprecated } = datastore;
  return [
    ...of('datastore', () => address, deprecated),
    ...of('dataset', () => memberAddress(address, name), dataset.deprecated),
    ...columns.flatMap((column) =>
      of('column', () => columnAddress(address, name, column), own(dataset.columns, column)?.deprecated),
    ),
  ];
}

/** Almost nothing is deprecated: addresses are spelled where something is. */
function of(
  what: Deprecated['what'],
  address: () => string,
  deprecation: Deprecation | undefined,
): readonly Deprecated[] {
  return deprecation === undefined ? nothing : [{ what, address: address(), deprecation }];
}

const nothing: readonly Deprecated[] = [];
