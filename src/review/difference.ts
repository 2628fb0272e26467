/**
 * What differs between an object before and after a change: every attribute, found by walking its digested form, so that
 * nothing lists attributes by hand and no change is empty unless the digests are equal.
 *
 * Terms. *address* of a change: the finest thing around it that has one; *path*: from there on. In lists of objects a part
 * of the path is an index: of the list before, or, where something is added, of the list after. In sets (lists in order of
 * code points) it is the element itself. Other lists differ as a whole.
 */
import { byCodePoint, canonicalJson, type Json } from '../base/digest.ts';
import { memberAddress } from '../model/address.ts';
import { formOf, type Kind } from '../model/object.ts';
import type { ObjectChange } from './proposal.ts';
import type { AttributeChange } from './verdict.ts';

/** Empty exactly when the object's digests are equal; made in `before`, the changes give `after`. */
export function attributeChanges({ address, kind, before, after }: ObjectChange): readonly AttributeChange[] {
  const at: At = { address, path: [], members: addressed[kind] ?? {} };
  return [...differences(before === null ? undefined : formOf(before), after === null ? undefined : formOf(after), at)];
}

/** Where a value stands, and which of its attributes hold things with addresses of their own. */
type At = Pick<AttributeChange, 'address' | 'path'> & { readonly members: Members };
type Members = { readonly [attribute: string]: Member };
type Member = { readonly address: (around: string, name: string) => string; readonly members: Members };

const column: Member = { address: (dataset, name) => `${dataset}#${name}`, members: {} };
const dataset: Member = { address: memberAddress, members: { columns: column } };

const addressed: { readonly [K in Kind]?: Members } = {
  zone: { teams: { address: (zone, name) => `${zone}/${name}`, members: {} } },
  datastore: { datasets: dataset },
  workspace: { groups: { address: memberAddress, members: {} } },
};

type Value = Json | undefined;

function* differences(before: Value, after: Value, at: At): Generator<AttributeChange> {
  if (before === after) return;
  if (isList(before) && isList(after)) yield* listDifferences(before, after, at);
  else if (isRecord(before) && isRecord(after) && before.kind === after.kind)
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)].sort(byCodePoint))) {
      const member = Object.hasOwn(at.members, name) ? at.members[name] : undefined;
      if (member === undefined || at.path.length > 0)
        yield* differences(memberOf(before, name), memberOf(after, name), within(at, name));
      else yield* memberDifferences(memberOf(before, name), memberOf(after, name), { ...within(at, name), member });
    }
  else if (textOf(before) !== textOf(after)) yield changeAt(before, after, at);
}

/** Of a record of things with addresses, or of a list of [name, thing], whose order counts too. */
function* memberDifferences(
  before: Value,
  after: Value,
  at: Omit<At, 'members'> & { readonly member: Member },
): Generator<AttributeChange> {
  const [old, now] = [entriesOf(before), entriesOf(after)];
  if (old === null || now === null) return yield* differences(before, after, { ...at, members: {} });
  const around = { address: at.address, path: at.path };
  for (const name of new Set([...old.keys(), ...now.keys()]))
    yield* differences(old.get(name), now.get(name), {
      address: at.member.address(at.address, name),
      path: [],
      members: at.member.members,
    });
  if (!isList(before) || !isList(after)) return;
  const without = [...[...old.keys()].filter((name) => now.has(name)), ...[...now.keys()].filter((n) => !old.has(n))];
  const order = [...now.keys()];
  if (canonicalJson(without) !== canonicalJson(order))
    yield { ...around, path: [...at.path, 'order'], before: canonicalJson(without), after: canonicalJson(order) };
}

function* listDifferences(before: readonly Json[], after: readonly Json[], at: At): Generator<AttributeChange> {
  if (isSet(before) && isSet(after)) {
    const [old, now] = [new Set(before), new Set(after)];
    for (const one of before) if (!now.has(one)) yield changeAt(one, undefined, within(at, one));
    for (const one of after) if (!old.has(one)) yield changeAt(undefined, one, within(at, one));
  } else if (![...before, ...after].every(isRecord)) {
    if (textOf(before) !== textOf(after)) yield changeAt(before, after, at);
  } else yield* recordDifferences(before, after, at);
}

/** Equal elements are the same one as long as their order is; between them, two that share a value are one that changed. */
function* recordDifferences(before: readonly Json[], after: readonly Json[], at: At): Generator<AttributeChange> {
  const places = new Map<string, number[]>();
  for (const [index, one] of after.entries()) {
    const text = canonicalJson(one);
    const found = places.get(text);
    if (found === undefined) places.set(text, [index]);
    else found.push(index);
  }
  let [oldStart, newStart] = [0, 0];
  for (const [oldEnd, one] of [...before.entries(), [before.length, undefined] as const]) {
    const newEnd =
      one === undefined ? after.length : places.get(canonicalJson(one))?.find((place) => place >= newStart);
    if (newEnd === undefined) continue;
    yield* between(before, after, [oldStart, oldEnd], [newStart, newEnd], at);
    [oldStart, newStart] = [oldEnd + 1, newEnd + 1];
  }
}

type Range = readonly [start: number, end: number];

function* between(
  before: readonly Json[],
  after: readonly Json[],
  [oldStart, oldEnd]: Range,
  [newStart, newEnd]: Range,
  at: At,
): Generator<AttributeChange> {
  let next = newStart;
  for (let index = oldStart; index < oldEnd; index++) {
    const match = next < newEnd && shareValue(before[index], after[next]) ? next++ : null;
    yield* differences(before[index], match === null ? undefined : after[match], within(at, String(index)));
  }
  for (; next < newEnd; next++) yield changeAt(undefined, after[next], within(at, String(next)));
}

function shareValue(a: Value, b: Value): boolean {
  if (!isRecord(a) || !isRecord(b) || a.kind !== b.kind) return false;
  return Object.keys(a).some((name) => a[name] !== undefined && textOf(a[name]) === textOf(memberOf(b, name)));
}

function changeAt(before: Value, after: Value, { address, path }: At): AttributeChange {
  return { address, path, before: textOf(before), after: textOf(after) };
}

function within(at: At, name: string): At {
  return { ...at, path: [...at.path, name] };
}

function textOf(value: Value): string | null {
  return value === undefined ? null : canonicalJson(value);
}

/** Is the list what `canonical.ts` makes of a set of names? */
function isSet(list: readonly Json[]): list is readonly string[] {
  return list.every((one, index) => {
    const last = list[index - 1];
    return typeof one === 'string' && (index === 0 || (typeof last === 'string' && byCodePoint(last, one) < 0));
  });
}

function entriesOf(value: Value): ReadonlyMap<string, Json> | null {
  if (isRecord(value))
    return new Map(
      Object.keys(value)
        .sort(byCodePoint)
        .flatMap((name) => {
          const one = value[name];
          return one === undefined ? [] : [[name, one]];
        }),
    );
  if (!isList(value)) return null;
  return new Map(
    value.flatMap((pair) => {
      const [name, one] = isList(pair) ? pair : [];
      return typeof name === 'string' && one !== undefined ? [[name, one]] : [];
    }),
  );
}

function memberOf(record: { readonly [key: string]: Value }, name: string): Value {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function isList(value: Value): value is readonly Json[] {
  return Array.isArray(value);
}

function isRecord(value: Value): value is { readonly [key: string]: Json | undefined } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
