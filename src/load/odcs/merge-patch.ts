import { canonicalJson, type Json } from '../../base/digest.ts';

/** A JSON object. */
export type JsonObject = { readonly [name: string]: Json | undefined };

/**
 * RFC 7396: what a document says otherwise than another. Objects are compared member by member, all else as a whole; a
 * null takes a member away, so a member that is null itself counts as one that is not there.
 */
export function mergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: [string, Json][] = [];
  for (const [name, before] of Object.entries(from))
    if (before !== undefined && (to[name] === undefined || to[name] === null)) patch.push([name, null]);
  for (const [name, after] of Object.entries(to)) {
    if (after === undefined || after === null) continue;
    const before = from[name];
    if (before === undefined) patch.push([name, withoutNulls(after)]);
    else if (isObject(before) && isObject(after)) {
      const inner = mergePatch(before, after);
      if (Object.keys(inner).length > 0) patch.push([name, inner]);
    } else if (canonicalJson(before) !== canonicalJson(after)) patch.push([name, withoutNulls(after)]);
  }
  return Object.fromEntries(patch);
}

/** The document as the patch says it. */
export function patched(document: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map(Object.entries(document));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined) {
      result.delete(name);
      continue;
    }
    const before = result.get(name);
    result.set(name, isObject(value) ? patched(isObject(before) ? before : {}, value) : value);
  }
  return Object.fromEntries(result);
}

/** Objects less members that are null; lists keep theirs. */
export function withoutNulls(value: Json): Json {
  if (!isObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === null || member === undefined ? [] : [[name, withoutNulls(member)] as const],
  );
  return Object.fromEntries(members);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
