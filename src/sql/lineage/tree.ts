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

/** Names in a list of `String` nodes, which the parser folds but for those in quotes; null for whatever else stands there. */
export function namesOf(list: readonly unknown[]): readonly (string | null)[] {
  return list.map((one) => textOf(member(one, 'String'), 'sval'));
}

/** The names that are given; whatever else stands there gives none. */
export function givenNames(list: readonly unknown[]): readonly string[] {
  return namesOf(list).filter((name) => name !== null);
}

const named = new Set(['sval', 'relname', 'schemaname', 'aliasname', 'ctename', 'name', 'colname']);

/** The tree with all names in small letters, for engines to which capitals make no difference. */
export function folded(root: unknown): unknown {
  if (!isTree(root)) return root;
  const top: Record<string, unknown> = {};
  const open: { readonly from: Tree; readonly to: Record<string, unknown> }[] = [{ from: root, to: top }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { from, to } = next;
    const copied = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(copied);
      if (!isTree(value)) return value;
      const copy: Record<string, unknown> = {};
      open.push({ from: value, to: copy });
      return copy;
    };
    for (const [key, value] of Object.entries(from))
      to[key] = typeof value === 'string' && named.has(key) ? value.toLowerCase() : copied(value);
  }
  return top;
}
