/**
 * Which inputs each column of a query comes from. Whatever cannot be told comes from all of them, so that nothing is
 * ever missed; what is filtered, joined, grouped or sorted by says which rows there are, and so flows into every column.
 */

import { ownWords, type SqlDialect } from './own/words.ts';
import { type Context, type Derived, nothing, type Sources, union } from './scope.ts';
import { derive } from './select.ts';
import { folded, member, type ParsedSql } from './tree.ts';

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
  /** Functions that it calls which are told in text what to read. */
  readonly reaching: readonly string[];
  /** Functions, operators and types that may look at more than they are given: what they make comes from everything. */
  readonly strangers: readonly string[];
};

/** Of code that cannot be looked into: everything comes from everything. */
export function opaqueLineage(inputs: Inputs, reason: string): Lineage {
  const all = allOf(inputs);
  return { of: () => all, names: null, opaque: reason, unread: [], reaching: [], strangers: [] };
}

export function lineageOf(parsed: ParsedSql, inputs: Inputs, dialect: SqlDialect): Lineage {
  if (parsed.kind === 'refused') return opaqueLineage(inputs, parsed.reason);
  const [statement, ...more] = parsed.statements;
  const own = ownWords(dialect);
  const odd: string[] = [];
  const select = member(member(own.foldsNames ? folded(statement, odd) : statement, 'stmt'), 'SelectStmt');
  if (select === null || more.length > 0) return opaqueLineage(inputs, 'it is not one SELECT');
  const context: Context = {
    ...{ inputs, all: allOf(inputs), own, derive },
    ...{
      problems: odd,
      unread: new Set(),
      reaching: new Set(),
      strangers: new Set(),
      expansions: 0,
      depth: 0,
      steps: 0,
    },
  };
  const derived = derive(select, new Map(), null, context);
  const { unread, reaching, strangers } = context;
  const beyond = { unread: [...unread], reaching: [...reaching], strangers: [...strangers] };
  const [problem = null] = context.problems;
  if (problem !== null) return { ...opaqueLineage(inputs, problem), ...beyond };
  return { ...known(derived, context.all), ...beyond };
}

function known({ outputs, filters }: Derived, all: Sources): Pick<Lineage, 'of' | 'names' | 'opaque'> {
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
  };
}

function allOf(inputs: Inputs): Sources {
  return inputs.size === 0
    ? nothing
    : new Set([...inputs].flatMap(([input, columns]) => columns.map((column) => `${input}.${column}`)));
}
