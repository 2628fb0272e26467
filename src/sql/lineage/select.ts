import { collect, isTooMuch } from './expression.ts';
import { addRange } from './from.ts';
import { outputName, plainName } from './name.ts';
import {
  type Context,
  type Ctes,
  type Derived,
  emptyScope,
  many,
  nothing,
  type Output,
  relationOf,
  renamed,
  type Scope,
  type Sources,
  union,
  wholeOf,
} from './scope.ts';
import { strangerIn } from './stranger.ts';
import { givenNames, isTree, items, member, namesOf, type Tree, textOf } from './tree.ts';

/** What a SELECT, a VALUES or a set operation gives. */
export function derive(select: Tree, around: Ctes, outer: Scope | null, context: Context): Derived {
  if (isTooMuch(context)) return { outputs: [], filters: context.all };
  context.depth += 4;
  const derived = derivedFrom(select, around, outer, context);
  context.depth -= 4;
  return derived;
}

function derivedFrom(select: Tree, around: Ctes, outer: Scope | null, context: Context): Derived {
  if ('intoClause' in select) context.problems.push('it writes a table of its own (INTO)');
  const ctes = withClause(select, around, outer, context);
  const isSet = textOf(select, 'op') !== null && textOf(select, 'op') !== 'SETOP_NONE';
  if (isSet) return setOperation(select, ctes, outer, context);
  if (items(select, 'valuesLists').length > 0) return values(select, ctes, outer, context);

  const scope = emptyScope(ctes, outer);
  const filters: Sources[] = [];
  for (const range of items(select, 'fromClause')) scope.star.push(...addRange(range, scope, filters, context));
  const outputs = items(select, 'targetList').flatMap((target) => targetOf(target, scope, context));
  for (const clause of ['whereClause', 'havingClause', 'windowClause'])
    filters.push(collect(select[clause], scope, context));
  for (const item of [...items(select, 'groupClause'), ...distinctBy(select)])
    filters.push(ordering(item, scope, outputs, context));
  // DISTINCT without ON: `[{}]`. Whether a row is there depends on all that it has.
  if (items(select, 'distinctClause').length > distinctBy(select).length) filters.push(wholeOf(outputs));
  filters.push(ending(select, scope, outputs, context), ...scope.series);
  return { outputs, filters: union(filters) };
}

function distinctBy(select: Tree): readonly unknown[] {
  return items(select, 'distinctClause').filter((one) => isTree(one) && Object.keys(one).length > 0);
}

/** ORDER BY, LIMIT and OFFSET. */
function ending(select: Tree, scope: Scope, outputs: readonly Output[], context: Context): Sources {
  return union([
    ...items(select, 'sortClause').map((item) => ordering(item, scope, outputs, context)),
    collect(select.limitCount, scope, context),
    collect(select.limitOffset, scope, context),
  ]);
}

function withClause(select: Tree, around: Ctes, outer: Scope | null, context: Context): Ctes {
  const clause = member(select, 'withClause');
  if (clause === null) return around;
  const ctes = new Map(around);
  // With RECURSIVE, a part may read those behind it.
  if (clause.recursive === true)
    for (const item of items(clause, 'ctes'))
      ctes.set(textOf(member(item, 'CommonTableExpr'), 'ctename') ?? '', {
        outputs: [],
        filters: nothing,
        isLater: true,
      });
  for (const item of items(clause, 'ctes')) {
    const cte = member(item, 'CommonTableExpr');
    const query = member(member(cte, 'ctequery'), 'SelectStmt');
    const name = textOf(cte, 'ctename');
    if (query === null || name === null) {
      context.problems.push('a part of its WITH is no SELECT');
      continue;
    }
    const names = givenNames(items(cte, 'aliascolnames'));
    const named = ({ outputs, filters }: Derived): Derived => ({ filters, outputs: renamed(outputs, names) });
    const isRecursive = clause.recursive === true && member(query, 'larg') !== null;
    ctes.set(
      name,
      isRecursive
        ? numbered(cte, recursive(query, ctes, name, named, outer, context))
        : named(derive(query, ctes, outer, context)),
    );
  }
  return ctes;
}

/** SEARCH and CYCLE add columns, made of what it looks at; CYCLE says which rows there are. */
function numbered(cte: Tree | null, { outputs, filters }: Derived): Derived {
  const search = member(cte, 'search_clause');
  const cycle = member(cte, 'cycle_clause');
  const added = [
    textOf(search, 'search_seq_column'),
    textOf(cycle, 'cycle_mark_column'),
    textOf(cycle, 'cycle_path_column'),
  ];
  const whole = wholeOf(outputs);
  const more = added.flatMap((name): readonly Output[] => (name === null ? [] : [{ name, sources: whole }]));
  return { outputs: [...outputs, ...more], filters: cycle === null ? filters : union([filters, whole]) };
}

/** A part that reads itself: from its first term on, until another round adds nothing. */
function recursive(
  query: Tree,
  ctes: Ctes,
  name: string,
  named: (derived: Derived) => Derived,
  outer: Scope | null,
  context: Context,
): Derived {
  const first = member(query, 'larg');
  let known = named(first === null ? { outputs: [], filters: nothing } : derive(first, ctes, outer, context));
  for (let round = 0; round < 20; round++) {
    const next = named(derive(query, new Map(ctes).set(name, known), outer, context));
    if (weight(next) === weight(known) || context.problems.length > 0) return next;
    known = next;
  }
  context.problems.push(`'${name}' reads itself in too many ways`);
  return known;
}

function weight({ outputs, filters }: Derived): number {
  return outputs.reduce((sum, { sources }) => sum + sources.size, filters.size);
}

function setOperation(select: Tree, ctes: Ctes, outer: Scope | null, context: Context): Derived {
  const sides = ['larg', 'rarg'].flatMap((side) => {
    const query = member(select, side);
    return query === null ? [] : [derive(query, ctes, outer, context)];
  });
  const [left, right] = sides;
  const isOpen = sides.some((side) => side.outputs.some(({ isMany }) => isMany));
  if (left === undefined || right === undefined || (!isOpen && left.outputs.length !== right.outputs.length)) {
    context.problems.push('the two sides of a set operation have different columns');
    return left ?? { outputs: [], filters: nothing };
  }
  const outputs = isOpen
    ? [many(wholeOf([...left.outputs, ...right.outputs]))]
    : left.outputs.map(
        ({ name, sources }, i): Output => ({ name, sources: union([sources, right.outputs[i]?.sources ?? nothing]) }),
      );
  // All but UNION ALL: whether a row is there depends on all that both sides have.
  const isAll = textOf(select, 'op') === 'SETOP_UNION' && select.all === true;
  const scope = emptyScope(ctes, outer);
  scope.relations.push(relationOf(outputs, null, []));
  const last = ending(select, scope, outputs, context);
  return { outputs, filters: union([left.filters, right.filters, isAll ? nothing : wholeOf(outputs), last]) };
}

function values(select: Tree, ctes: Ctes, outer: Scope | null, context: Context): Derived {
  const scope = emptyScope(ctes, outer);
  const rows = items(select, 'valuesLists').map((row) => items(member(row, 'List'), 'items'));
  const width = Math.max(...rows.map((row) => row.length));
  const outputs = Array.from({ length: width }, (_, i): Output => {
    const sources = union(rows.map((row) => collect(row[i], scope, context)));
    return { name: context.own.valueName(i), sources };
  });
  scope.relations.push(relationOf(outputs, null, []));
  return { outputs, filters: union([ending(select, scope, outputs, context), ...scope.series]) };
}

function targetOf(node: unknown, scope: Scope, context: Context): readonly Output[] {
  const target = member(node, 'ResTarget');
  const value = target?.val;
  const fields = items(member(value, 'ColumnRef'), 'fields');
  if (member(fields.at(-1), 'A_Star') !== null) return starOf(namesOf(fields.slice(0, -1)), scope, context);
  const before = context.expansions;
  const sources = collect(value, scope, context);
  if (context.expansions > before) return [many(sources)];
  const isStar = items(member(value, 'A_Indirection'), 'indirection').some((one) => member(one, 'A_Star') !== null);
  if (isStar) return [many(sources)];
  const name = textOf(target, 'name') ?? (context.own.namesResults ? outputName(value) : plainName(value));
  const same = name === null ? undefined : scope.aliases.get(name);
  if (name !== null) scope.aliases.set(name, same === undefined ? sources : union([same, sources]));
  return [{ name, sources }];
}

/** `*`, or `c.*`: the columns in order, as far as they are known. */
function starOf(path: readonly (string | null)[], scope: Scope, context: Context): readonly Output[] {
  const wanted = path.at(-1);
  if (path.length === 0 && scope.relations.length > 0) return scope.star;
  const from = scope.relations.filter(({ alias }) => alias === wanted);
  if (from.length === 0) context.problems.push(`'${[...path, '*'].join('.')}' is nothing that it selects from`);
  return from.flatMap(({ outputs }) => outputs);
}

/** What GROUP BY or ORDER BY says: an expression, the name of a column of the result, or its number. */
function ordering(node: unknown, scope: Scope, outputs: readonly Output[], context: Context): Sources {
  const sort = member(node, 'SortBy');
  const stranger = sort === null ? null : strangerIn(sort, context.own);
  if (stranger !== null) {
    context.strangers.add(stranger);
    return context.all;
  }
  const value = sort?.node ?? node;
  const set = items(member(value, 'GroupingSet'), 'content');
  if (set.length > 0) return union(set.map((one) => ordering(one, scope, outputs, context)));
  const position = member(member(value, 'A_Const'), 'ival')?.ival;
  if (typeof position === 'number') {
    const upTo = outputs.slice(0, position);
    if (upTo.some(({ isMany }) => isMany)) return wholeOf(outputs);
    return outputs[position - 1]?.sources ?? context.all;
  }
  const [only, ...more] = namesOf(items(member(value, 'ColumnRef'), 'fields'));
  const own = more.length === 0 ? outputs.filter(({ name }) => name !== null && name === only) : [];
  return union([collect(value, scope, context), ...own.map(({ sources }) => sources)]);
}
