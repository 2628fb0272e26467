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

export function aliasOf(node: unknown): string | null {
  return textOf(member(node, 'alias'), 'aliasname');
}

/** Names that an alias gives the columns: `q(a, b)`. */
export function newNames(node: unknown): readonly string[] {
  return givenNames(items(member(node, 'alias'), 'colnames'));
}

const named = new Set(['sval', 'relname', 'schemaname', 'aliasname', 'ctename', 'name', 'colname']);

/**
 * The tree with all names in small letters, for engines to which capitals make no difference. `problems` gets what such an
 * engine, DuckDB, reads otherwise than this parser: spaces beyond ASCII, which part words, and names that the parser cuts.
 */
export function folded(root: unknown, problems: string[]): unknown {
  if (!isTree(root)) return root;
  const top: Record<string, unknown> = {};
  const open: { readonly from: Tree; readonly to: Record<string, unknown>; readonly isText: boolean }[] = [
    { from: root, to: top, isText: false },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { from, to, isText } = next;
    const copied = (value: unknown, key: string): unknown => {
      if (Array.isArray(value)) return value.map((one: unknown) => copied(one, key));
      if (!isTree(value)) return value;
      const copy: Record<string, unknown> = {};
      // A constant: `A_Const: { sval: { sval } }`.
      open.push({ from: value, to: copy, isText: key === 'sval' });
      return copy;
    };
    for (const [key, value] of Object.entries(from)) {
      const isName = typeof value === 'string' && named.has(key) && !isText;
      if (isName && (value.length > 62 || oddSpace.test(value)))
        problems.push(`it has a space or a length that DuckDB reads otherwise, in '${value}'`);
      to[key] = isName ? value.toLowerCase() : copied(value, key);
    }
  }
  return top;
}

const oddSpace = /[^\S\t\n\v\f\r ]|[\u0085\u180e\u200b-\u200f\u2060\u00ad]/u;
