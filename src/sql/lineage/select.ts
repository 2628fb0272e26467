import { collect, isTooMuch } from './expression.ts';
import { addRange } from './from.ts';
import { outputName } from './name.ts';
import {
  type Context,
  type Ctes,
  type Derived,
  nothing,
  type Output,
  relationOf,
  type Scope,
  type Sources,
  union,
} from './scope.ts';
import { strangerIn } from './stranger.ts';
import { givenNames, items, member, namesOf, type Tree, textOf } from './tree.ts';

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

  const scope: Scope = { relations: [], aliases: new Map(), ctes, outer };
  const filters: Sources[] = [];
  for (const range of items(select, 'fromClause')) addRange(range, scope, filters, context);
  const outputs = items(select, 'targetList').flatMap((target) => targetOf(target, scope, context));
  for (const clause of ['whereClause', 'havingClause', 'windowClause', 'distinctClause', 'limitCount', 'limitOffset'])
    filters.push(collect(select[clause], scope, context));
  for (const item of [...items(select, 'groupClause'), ...items(select, 'sortClause')])
    filters.push(ordering(item, scope, outputs, context));
  return { outputs, filters: union(filters) };
}

function withClause(select: Tree, around: Ctes, outer: Scope | null, context: Context): Ctes {
  const clause = member(select, 'withClause');
  if (clause === null) return around;
  const ctes = new Map(around);
  for (const item of items(clause, 'ctes')) {
    const cte = member(item, 'CommonTableExpr');
    const query = member(member(cte, 'ctequery'), 'SelectStmt');
    const name = textOf(cte, 'ctename');
    if (query === null || name === null) {
      context.problems.push('a part of its WITH is no SELECT');
      continue;
    }
    const names = givenNames(items(cte, 'aliascolnames'));
    const renamed = ({ outputs, filters }: Derived): Derived => ({
      filters,
      outputs: outputs.map((output, i) => ({ ...output, name: names[i] ?? output.name })),
    });
    const isRecursive = clause.recursive === true && member(query, 'larg') !== null;
    ctes.set(
      name,
      isRecursive
        ? recursive(query, ctes, name, renamed, outer, context)
        : renamed(derive(query, ctes, outer, context)),
    );
  }
  return ctes;
}

/** A part that reads itself: from its first term on, until another round adds nothing. */
function recursive(
  query: Tree,
  ctes: Ctes,
  name: string,
  renamed: (derived: Derived) => Derived,
  outer: Scope | null,
  context: Context,
): Derived {
  const first = member(query, 'larg');
  let known = renamed(first === null ? { outputs: [], filters: nothing } : derive(first, ctes, outer, context));
  for (let round = 0; round < 20; round++) {
    const next = renamed(derive(query, new Map(ctes).set(name, known), outer, context));
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
  if (left === undefined || right === undefined || left.outputs.length !== right.outputs.length) {
    context.problems.push('the two sides of a set operation have different columns');
    return left ?? { outputs: [], filters: nothing };
  }
  const outputs = left.outputs.map(
    ({ name, sources }, i): Output => ({ name, sources: union([sources, right.outputs[i]?.sources ?? nothing]) }),
  );
  // INTERSECT and EXCEPT: whether a row is there depends on all that both sides have.
  const isUnion = textOf(select, 'op') === 'SETOP_UNION';
  const scope: Scope = { relations: [relationOf(outputs, null, [])], aliases: new Map(), ctes, outer };
  return {
    outputs,
    filters: union([
      left.filters,
      right.filters,
      ...(isUnion ? [] : outputs.map(({ sources }) => sources)),
      ...items(select, 'sortClause').map((item) => ordering(item, scope, outputs, context)),
      collect(select.limitCount, scope, context),
      collect(select.limitOffset, scope, context),
    ]),
  };
}

function values(select: Tree, ctes: Ctes, outer: Scope | null, context: Context): Derived {
  const scope: Scope = { relations: [], aliases: new Map(), ctes, outer };
  const rows = items(select, 'valuesLists').map((row) => items(member(row, 'List'), 'items'));
  const width = Math.max(...rows.map((row) => row.length));
  const outputs = Array.from({ length: width }, (_, i): Output => {
    const sources = union(rows.map((row) => collect(row[i], scope, context)));
    return { name: `column${i + 1}`, sources };
  });
  return { outputs, filters: nothing };
}

function targetOf(node: unknown, scope: Scope, context: Context): readonly Output[] {
  const target = member(node, 'ResTarget');
  const value = target?.val;
  const fields = items(member(value, 'ColumnRef'), 'fields');
  if (member(fields.at(-1), 'A_Star') !== null) return starOf(namesOf(fields.slice(0, -1)), scope, context);
  const sources = collect(value, scope, context);
  const isStar = items(member(value, 'A_Indirection'), 'indirection').some((one) => member(one, 'A_Star') !== null);
  const name = isStar ? null : (textOf(target, 'name') ?? outputName(value));
  if (name !== null && !scope.aliases.has(name)) scope.aliases.set(name, sources);
  return [{ name, sources }];
}

/** `*`, or `c.*`: the columns in order, as far as they are known. */
function starOf(path: readonly (string | null)[], scope: Scope, context: Context): readonly Output[] {
  const wanted = path.at(-1);
  const from = path.length === 0 ? scope.relations : scope.relations.filter(({ alias }) => alias === wanted);
  if (from.length === 0) context.problems.push(`'${path.join('.')}.*' is nothing that it selects from`);
  return from.flatMap(({ columns, whole }): readonly Output[] =>
    columns === null
      ? [{ name: null, sources: whole }]
      : [...columns].map(([name, sources]): Output => ({ name, sources })),
  );
}

/** What GROUP BY or ORDER BY says: an expression, the name of a column of the result, or its number. */
function ordering(node: unknown, scope: Scope, outputs: readonly Output[], context: Context): Sources {
  const sort = member(node, 'SortBy');
  if (sort !== null && strangerIn(sort, context.own) !== null) return context.all;
  const value = sort?.node ?? node;
  const position = member(member(value, 'A_Const'), 'ival')?.ival;
  if (typeof position === 'number') return outputs[position - 1]?.sources ?? context.all;
  const [only, ...more] = namesOf(items(member(value, 'ColumnRef'), 'fields'));
  const own = more.length === 0 ? outputs.filter(({ name }) => name !== null && name === only) : [];
  return union([collect(value, scope, context), ...own.map(({ sources }) => sources)]);
}
