import type { OwnWords } from './own/words.ts';
import type { Tree } from './tree.ts';

/** Names of columns, `input.column`: the inputs that something comes from. */
export type Sources = ReadonlySet<string>;

export const nothing: Sources = new Set();

export type Output = {
  /** Null: a name that only the engine knows. */
  readonly name: string | null;
  readonly sources: Sources;
};

/** What a query gives, and what says which rows it gives. */
export type Derived = { readonly outputs: readonly Output[]; readonly filters: Sources };

/** Something in a FROM. `columns` null: it may have any. `whole`: all that is in a row of it. */
export type Relation = {
  readonly alias: string | null;
  readonly columns: ReadonlyMap<string, Sources> | null;
  readonly whole: Sources;
};

/** What names mean in one SELECT; what it does not know, the one around it may. */
export type Scope = {
  readonly relations: Relation[];
  /** Names that its own list of columns gives. */
  readonly aliases: Map<string, Sources>;
  readonly ctes: Ctes;
  readonly outer: Scope | null;
};

export function union(sets: Iterable<Sources>): Sources {
  const all = new Set<string>();
  for (const set of sets) for (const one of set) all.add(one);
  return all;
}

export type Ctes = ReadonlyMap<string, Derived>;

/** One look into one query. */
export type Context = {
  readonly inputs: ReadonlyMap<string, readonly string[]>;
  /** Every column of every input. */
  readonly all: Sources;
  /** What it cannot follow. One is enough: then everything comes from everything. */
  readonly problems: string[];
  /** Tables that are no inputs. */
  readonly unread: Set<string>;
  /** Functions that it calls which are told in text what to read. */
  readonly reaching: Set<string>;
  readonly own: OwnWords;
  /** What a query in a query gives: expressions have queries in them, and queries expressions. */
  readonly derive: (select: Tree, ctes: Ctes, outer: Scope | null, context: Context) => Derived;
  /** How deep the recursion is, and how much was looked at: queries are the author's, and may be as large as they like. */
  depth: number;
  steps: number;
};

/** A query, or a table, as something to select from. Its columns may have other names there. */
export function relationOf(outputs: readonly Output[], alias: string | null, names: readonly string[]): Relation {
  const columns = new Map<string, Sources>();
  const isKnown = outputs.every(({ name }, i) => name !== null || names[i] !== undefined);
  outputs.forEach(({ name, sources }, i) => {
    const called = names[i] ?? name;
    if (called !== null) columns.set(called, union([columns.get(called) ?? nothing, sources]));
  });
  return { alias, columns: isKnown ? columns : null, whole: union(outputs.map(({ sources }) => sources)) };
}

/**
 * What a reference such as `c.email` or `email` comes from; null where nothing in scope has the name. A name that
 * several have comes from all of them.
 */
export function resolve(path: readonly (string | null)[], scope: Scope): Sources | null {
  const [first, second] = path;
  if (first === undefined || first === null) return null;
  const open: Sources[] = [];
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const { relations, aliases } = at;
    const named = relations.filter(({ alias }) => alias === first);
    if (second !== undefined && named.length > 0) return membersOf(named, second);
    const having = relations.flatMap(({ columns }) => columns?.get(first) ?? []);
    if (having.length > 0) return union([...open, ...having]);
    // `c` alone is a whole row of c.
    if (named.length > 0) return union([...open, ...named.map(({ whole }) => whole)]);
    const own = aliases.get(first);
    if (own !== undefined) return union([...open, own]);
    open.push(...relations.flatMap(({ columns, whole }) => (columns === null ? [whole] : [])));
  }
  return open.length > 0 ? union(open) : null;
}

function membersOf(relations: readonly Relation[], name: string | null): Sources | null {
  const found = relations.map(({ columns, whole }) => (columns === null || name === null ? whole : columns.get(name)));
  return found.every((one) => one !== undefined) ? union(found) : null;
}
