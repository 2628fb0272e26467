/**
 * Parse trees as PostgreSQL's own parser gives them: `{ SelectStmt: { targetList: [{ ResTarget: ... }] } }`. They come
 * from outside and are read as such: a member that is not there, or is something else, counts as absent.
 */

/** What a parser makes of a text. */
export type ParsedSql =
  | { readonly kind: 'parsed'; readonly statements: readonly unknown[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** Pure: the same text gives the same tree. Never throws. */
export type ParseSql = (text: string) => ParsedSql;

export type Tree = Readonly<Record<string, unknown>>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member of a node, where it is a node. */
export function member(node: unknown, name: string): Tree | null {
  const found = isTree(node) ? node[name] : undefined;
  return isTree(found) ? found : null;
}

export function items(node: unknown, name: string): readonly unknown[] {
  const found = isTree(node) ? node[name] : undefined;
  return Array.isArray(found) ? found : [];
}

export function textOf(node: unknown, name: string): string | null {
  const found = isTree(node) ? node[name] : undefined;
  return typeof found === 'string' ? found : null;
}

/** Names in a list of `String` nodes, folded, for the model's names are lower case; null for whatever else stands there. */
export function namesOf(list: readonly unknown[]): readonly (string | null)[] {
  return list.map((one) => textOf(member(one, 'String'), 'sval')?.toLowerCase() ?? null);
}

/** The names that are given; whatever else stands there gives none. */
export function givenNames(list: readonly unknown[]): readonly string[] {
  return namesOf(list).filter((name) => name !== null);
}
