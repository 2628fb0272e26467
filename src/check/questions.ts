/**
 * What can be asked of a model, as text: the key under which an answer's digest is kept, and what a change of objects
 * changes the answers of. `part team retail sales` is the team of that name in zone retail.
 */
import { canonicalJson, digestJson } from '../base/digest.ts';
import { type IndexName, indexes, indexNames, type Lookup } from '../model/lookup.ts';
import { objectNamed } from '../model/named.ts';
import { digestObject, type Kind, type ModelObject } from '../model/object.ts';
import { type PartName, partNames, parts } from '../model/parts.ts';

export const questions = {
  object: (kind: Kind, address: string) => `object ${kind} ${address}`,
  part: (part: PartName, address: string, name: string) => `part ${part} ${address} ${name}`,
  found: (index: IndexName, key: string) => `found ${index} ${key}`,
  addresses: (kind: Kind) => `addresses ${kind}`,
  day: (day: string) => `day ${day}`,
} as const;

/** An object before and after; null: it is not there. The two have one kind and address. */
export type Change = { readonly before: ModelObject | null; readonly after: ModelObject | null };

/** Questions whose answers a change of objects changes, and no others. */
export function questionsChanged(changes: Iterable<Change>): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const { before, after } of changes) {
    const object = after ?? before;
    if (object === null) continue;
    const { kind, address } = object;
    changed.add(questions.object(kind, address));
    if (before === null || after === null) changed.add(questions.addresses(kind));
    for (const part of partNames)
      for (const name of differing(partsIn(part, before), partsIn(part, after)))
        changed.add(questions.part(part, address, name));
    for (const index of indexNames)
      for (const key of differing(keysIn(index, before), keysIn(index, after)))
        changed.add(questions.found(index, key));
  }
  return changed;
}

/** Parts of an object by name, as text. */
function partsIn(part: PartName, object: ModelObject | null): ReadonlyMap<string, string> {
  const all = object === null ? [] : Object.entries(parts[part].of(object));
  return new Map(all.map(([name, value]) => [name, canonicalJson(value)]));
}

/** Keys that an index holds an object under, with what it holds there, as text. */
function keysIn(index: IndexName, object: ModelObject | null): ReadonlyMap<string, string> {
  const addresses = new Map<string, Set<string>>();
  for (const [key, address] of object === null ? [] : indexes[index](object))
    addresses.set(key, (addresses.get(key) ?? new Set()).add(address));
  return new Map([...addresses].map(([key, all]) => [key, [...all].sort().join(' ')]));
}

function* differing(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Iterable<string> {
  for (const [name, text] of before) if (after.get(name) !== text) yield name;
  for (const name of after.keys()) if (!before.has(name)) yield name;
}

/** Digests of what a model answers. Those of answers that many ask for are computed once. */
export type AnswerDigests = {
  readonly object: (kind: Kind, address: string) => string;
  readonly part: (part: PartName, address: string, name: string) => string;
  readonly found: (index: IndexName, key: string) => string;
  readonly addresses: (kind: Kind) => string;
};

/** `digestAt`: where a store knows the digest of each object; null: there is no such object. */
export function answerDigestsOf(
  lookup: Lookup,
  digestAt: (kind: Kind, address: string) => string | null = (kind, address) => digestIn(lookup, kind, address),
): AnswerDigests {
  const known = new Map<string, string>();
  const once = (question: string, digest: () => string) => {
    const answer = known.get(question) ?? digest();
    known.set(question, answer);
    return answer;
  };
  return {
    object: (kind, address) => once(questions.object(kind, address), () => digestAt(kind, address) ?? absent),
    part: (part, address, name) =>
      once(questions.part(part, address, name), () => {
        const value = parts[part].in(lookup, address, name);
        return value === null ? absent : digestJson(value);
      }),
    found: (index, key) => digestJson(lookup.found(index, key)),
    addresses: (kind) => once(questions.addresses(kind), () => digestJson(lookup.addresses(kind))),
  };
}

/** The answer that there is nothing. */
const absent = digestJson(null);

function digestIn(lookup: Lookup, kind: Kind, address: string): string | null {
  const object = objectNamed(lookup, { kind, address });
  return object === null ? null : digestObject(object);
}
