import type { OwnWords } from './own/words.ts';
import type { Tree } from './tree.ts';

/** Names of columns, `input.column`: the inputs that something comes from. */
export type Sources = ReadonlySet<string>;

export const nothing: Sources = new Set();

export type Output = {
  /** Null: a name that only the engine knows. */
  readonly name: string | null;
  readonly sources: Sources;
  /** It stands for any number of columns, of any names. */
  readonly isMany?: true;
};

/** What a query gives, and what says which rows it gives. */
export type Derived = {
  readonly outputs: readonly Output[];
  readonly filters: Sources;
  /** A part of WITH RECURSIVE that is still to come. */
  readonly isLater?: true;
};

/** Something in a FROM. `columns` null: it may have any. `whole`: all that is in a row of it; `outputs`: in order. */
export type Relation = {
  readonly alias: string | null;
  readonly columns: ReadonlyMap<string, Sources> | null;
  readonly whole: Sources;
  readonly outputs: readonly Output[];
};

/** What names mean in one SELECT; what it does not know, the one around it may. */
export type Scope = {
  readonly relations: Relation[];
  /** What `*` gives. */
  readonly star: Output[];
  /** Names that its own list of columns gives. */
  readonly aliases: Map<string, Sources>;
  /** What says how many rows there are of one: functions that give rows, in its list of columns. */
  readonly series: Sources[];
  readonly ctes: Ctes;
  readonly outer: Scope | null;
};

export function emptyScope(ctes: Ctes, outer: Scope | null): Scope {
  return { relations: [], star: [], aliases: new Map(), series: [], ctes, outer };
}

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
  /** Functions, operators and types that are not the engine's own, or look at more than they are given. */
  readonly strangers: Set<string>;
  readonly own: OwnWords;
  /** What a query in a query gives: expressions have queries in them, and queries expressions. */
  readonly derive: (select: Tree, ctes: Ctes, outer: Scope | null, context: Context) => Derived;
  /** How many calls were met that stand for any number of columns. */
  expansions: number;
  /** How deep the recursion is, and how much was looked at: queries are the author's, and may be as large as they like. */
  depth: number;
  steps: number;
};

/** Any number of columns, of any names. */
export function many(sources: Sources): Output {
  return { name: null, sources, isMany: true };
}

/** With other names, from the first on. Where nobody knows how many there are, nobody knows which has which name. */
export function renamed(outputs: readonly Output[], names: readonly string[]): readonly Output[] {
  if (names.length === 0) return outputs;
  if (outputs.some(({ isMany }) => isMany)) return [many(wholeOf(outputs))];
  return outputs.map((output, i) => ({ ...output, name: names[i] ?? output.name }));
}

export function wholeOf(outputs: readonly Output[]): Sources {
  return union(outputs.map(({ sources }) => sources));
}

/** A query, or a table, as something to select from. Its columns may have other names there. */
export function relationOf(given: readonly Output[], alias: string | null, names: readonly string[]): Relation {
  const outputs = renamed(given, names);
  const columns = new Map<string, Sources>();
  let isKnown = true;
  for (const { name, sources } of outputs) {
    const before = name === null ? undefined : columns.get(name);
    if (name === null) isKnown = false;
    else columns.set(name, before === undefined ? sources : union([before, sources]));
  }
  return { alias, columns: isKnown ? columns : null, whole: wholeOf(outputs), outputs };
}

/** Something of which nobody knows the columns. */
export function openRelation(alias: string | null, whole: Sources): Relation {
  return { alias, columns: null, whole, outputs: [many(whole)] };
}

/**
 * What a reference such as `c.email` or `email` comes from; null where nothing in scope has the name. A name that
 * several have comes from all of them. A last part that is null stands for all columns.
 */
export function resolve(path: readonly (string | null)[], scope: Scope): Sources | null {
  const [first, second] = path;
  if (first === undefined || first === null) return null;
  if (second !== undefined) return resolveMember(first, second, scope);
  const others: Sources[] = [];
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const { relations, aliases } = at;
    const named = relations.filter(({ alias }) => alias === first);
    const having = relations.flatMap(({ columns }) => columns?.get(first) ?? []);
    if (having.length > 0) return union([...others, ...having]);
    // `c` alone is a whole row of c, but where a column further out has the name.
    others.push(...named.map(({ whole }) => whole));
    const own = aliases.get(first);
    if (own !== undefined) others.push(own);
    others.push(...relations.flatMap(({ columns, whole }) => (columns === null ? [whole] : [])));
  }
  return others.length > 0 ? union(others) : null;
}

/** `c.email`: the nearest table c has it. DuckDB has columns with fields too: one called c, before that table, may be meant. */
function resolveMember(table: string, column: string | null, scope: Scope): Sources | null {
  const fields: Sources[] = [];
  const open: Sources[] = [];
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const named = at.relations.filter(({ alias }) => alias === table);
    const member = named.length > 0 ? membersOf(named, column) : null;
    if (member !== null) return union([...fields, member]);
    if (named.length > 0) break;
    fields.push(...at.relations.flatMap(({ columns }) => columns?.get(table) ?? []));
    open.push(...at.relations.flatMap(({ columns, whole }) => (columns === null ? [whole] : [])));
  }
  return fields.length > 0 || open.length > 0 ? union([...fields, ...open]) : null;
}

function membersOf(relations: readonly Relation[], name: string | null): Sources | null {
  const found = relations.map(({ columns, whole }) => (columns === null || name === null ? whole : columns.get(name)));
  return found.every((one) => one !== undefined) ? union(found) : null;
}
