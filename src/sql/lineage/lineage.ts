/**
 * Which inputs each column of a query comes from. Whatever cannot be told comes from all of them, so that nothing is
 * ever missed; what is filtered, joined, grouped or sorted by says which rows there are, and so flows into every column.
 */
import { type Context, type Derived, nothing, type Sources, union } from './scope.ts';
import { derive } from './select.ts';
import { member, type ParsedSql } from './tree.ts';

/** Columns of each input, by the name that the query calls it. */
export type Inputs = ReadonlyMap<string, readonly string[]>;

export type Lineage = {
  /** What a column of the result comes from, by its name: `input.column` each. */
  readonly of: (column: string) => Sources;
  /** Names that the result has; null: it may have others. */
  readonly names: ReadonlySet<string> | null;
  /** Why it cannot be told: everything comes from everything; null where it can. */
  readonly opaque: string | null;
  /** Tables that the query reads and that are none of its inputs. */
  readonly unread: readonly string[];
};

/** Of code that cannot be looked into: everything comes from everything. */
export function opaqueLineage(inputs: Inputs, reason: string): Lineage {
  const all = allOf(inputs);
  return { of: () => all, names: null, opaque: reason, unread: [] };
}

export function lineageOf(parsed: ParsedSql, inputs: Inputs): Lineage {
  if (parsed.kind === 'refused') return opaqueLineage(inputs, parsed.reason);
  const [statement, ...more] = parsed.statements;
  const select = member(member(statement, 'stmt'), 'SelectStmt');
  if (select === null || more.length > 0) return opaqueLineage(inputs, 'it is not one SELECT');
  const context: Context = { inputs, all: allOf(inputs), problems: [], unread: new Set(), derive, depth: 0, steps: 0 };
  const derived = derive(select, new Map(), null, context);
  const unread = [...context.unread];
  const [problem = null] = context.problems;
  if (problem !== null) return { ...opaqueLineage(inputs, problem), unread };
  return known(derived, context.all, unread);
}

function known({ outputs, filters }: Derived, all: Sources, unread: readonly string[]): Lineage {
  const columns = new Map<string, Sources>();
  for (const { name, sources } of outputs)
    if (name !== null) columns.set(name, union([columns.get(name) ?? filters, sources]));
  const open = outputs.filter(({ name }) => name === null).map(({ sources }) => sources);
  // A column without a name may be any: it flows into all.
  const anywhere = union(open);
  return {
    of: (column) => {
      const sources = columns.get(column);
      return sources === undefined ? all : open.length === 0 ? sources : union([sources, anywhere]);
    },
    names: open.length === 0 ? new Set(columns.keys()) : null,
    opaque: null,
    unread,
  };
}

function allOf(inputs: Inputs): Sources {
  return inputs.size === 0
    ? nothing
    : new Set([...inputs].flatMap(([input, columns]) => columns.map((column) => `${input}.${column}`)));
}
