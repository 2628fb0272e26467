import type { Literal } from '../sandbox/literal.ts';

/** The place of a member; null where it has none. */
export function memberOf(literal: Literal | null, ...path: readonly string[]): Literal | null {
  let at = literal;
  for (const name of path) at = at?.members()?.get(name) ?? null;
  return at;
}

type Members = ReadonlyMap<string, Literal> | Readonly<Record<string, Literal | null>> | null | undefined;

/** A value at an offset, with the places of members that are not written there, later ones first. Those without a place are left out. */
export function literalWith(offset: number, ...members: readonly Members[]): Literal {
  const all = new Map<string, Literal>();
  for (const some of members)
    for (const [name, at] of some instanceof Map ? some : Object.entries(some ?? {}))
      if (at !== null) all.set(name, at);
  return { offset, members: () => all };
}
