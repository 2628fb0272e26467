import type { Literal } from '../sandbox/literal.ts';

/** The place of a member; null where it has none. */
export function memberOf(literal: Literal | null, ...path: readonly string[]): Literal | null {
  let at = literal;
  for (const name of path) at = at?.members()?.get(name) ?? null;
  return at;
}

/** A value at an offset, with the places of members that are not written there. Those without a place are left out. */
export function literalWith(offset: number, members: Readonly<Record<string, Literal | null>>): Literal {
  const placed = Object.entries(members).flatMap(([name, at]) => (at === null ? [] : [[name, at] as const]));
  const all = new Map(placed);
  return { offset, members: () => all };
}
