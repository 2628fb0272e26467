import { calledName, collect } from './expression.ts';
import {
  type Context,
  nothing,
  type Output,
  type Relation,
  relationOf,
  resolve,
  type Scope,
  type Sources,
  union,
} from './scope.ts';
import { isOwnCall } from './stranger.ts';
import { givenNames, isTree, items, member, namesOf, type Tree, textOf } from './tree.ts';

/** Puts what stands in a FROM into scope, and what it joins by to the filters. */
export function addRange(node: unknown, scope: Scope, filters: Sources[], context: Context): void {
  const table = member(node, 'RangeVar');
  const query = member(node, 'RangeSubselect');
  const join = member(node, 'JoinExpr');
  const call = member(node, 'RangeFunction');
  const sample = member(node, 'RangeTableSample');
  if (table !== null) addTable(table, scope, filters, context);
  else if (query !== null) addQuery(query, scope, filters, context);
  else if (join !== null) addJoin(join, scope, filters, context);
  else if (call !== null) addCall(call, scope, context);
  else if (sample !== null) {
    addRange(sample.relation, scope, filters, context);
    const [method = ''] = namesOf(items(sample, 'method'));
    const isOwn = items(sample, 'method').length === 1 && context.own.samples.includes(method ?? '');
    filters.push(isOwn ? collect([sample.args, sample.repeatable], scope, context) : context.all);
  } else {
    // XMLTABLE, JSON_TABLE and whatever comes: any columns, made of all that it looks at.
    const [inner] = isTree(node) ? Object.values(node) : [];
    scope.relations.push({ alias: aliasOf(inner), columns: null, whole: collect(node, scope, context) });
  }
}

function addTable(table: Tree, scope: Scope, filters: Sources[], context: Context): void {
  const name = textOf(table, 'relname') ?? '';
  const schema = textOf(table, 'schemaname');
  const alias = aliasOf(table) ?? name;
  const names = givenNames(items(member(table, 'alias'), 'colnames'));
  const cte = schema === null ? scope.ctes.get(name) : undefined;
  const columns = schema === null ? context.inputs.get(name) : undefined;
  if (cte !== undefined) {
    filters.push(cte.filters);
    scope.relations.push(relationOf(cte.outputs, alias, names));
  } else if (columns !== undefined) {
    const outputs = columns.map((column): Output => ({ name: column, sources: new Set([`${name}.${column}`]) }));
    scope.relations.push(relationOf(outputs, alias, names));
  } else {
    context.unread.add(schema === null ? name : `${schema}.${name}`);
    scope.relations.push({ alias, columns: null, whole: context.all });
  }
}

/** Whether LATERAL or not, it sees what stands before it: where it may not, the query is refused by the engine. */
function addQuery(range: Tree, scope: Scope, filters: Sources[], context: Context): void {
  const select = member(member(range, 'subquery'), 'SelectStmt');
  if (select === null) {
    context.problems.push('it selects from something that is no SELECT');
    return;
  }
  const derived = context.derive(select, scope.ctes, scope, context);
  filters.push(derived.filters);
  scope.relations.push(
    relationOf(derived.outputs, aliasOf(range), givenNames(items(member(range, 'alias'), 'colnames'))),
  );
}

function addJoin(join: Tree, scope: Scope, filters: Sources[], context: Context): void {
  const start = scope.relations.length;
  addRange(join.larg, scope, filters, context);
  const middle = scope.relations.length;
  addRange(join.rarg, scope, filters, context);
  const [left, right] = [scope.relations.slice(start, middle), scope.relations.slice(middle)];
  filters.push(collect(join.quals, scope, context));
  const shared = join.isNatural === true ? commonNames(left, right) : givenNames(items(join, 'usingClause'));
  if (shared === null) filters.push(...[...left, ...right].map(({ whole }) => whole));
  else for (const name of shared) filters.push(resolve([name], scope) ?? context.all);
  const alias = aliasOf(join);
  if (alias !== null)
    scope.relations.push({ alias, columns: null, whole: union([...left, ...right].map((r) => r.whole)) });
}

/** Null: the names are not known. */
function commonNames(left: readonly Relation[], right: readonly Relation[]): readonly string[] | null {
  if ([...left, ...right].some(({ columns }) => columns === null)) return null;
  const names = left.flatMap(({ columns }) => [...(columns?.keys() ?? [])]);
  return names.filter((name) => right.some(({ columns }) => columns?.has(name)));
}

/** A function in a FROM: those that take rows apart give what they are given; of others, only the engine knows. */
function addCall(range: Tree, scope: Scope, context: Context): void {
  const calls = items(range, 'functions').flatMap((item) => items(member(item, 'List'), 'items'));
  const whole = calls.map((item) => {
    const call = member(item, 'FuncCall');
    if (call === null) return collect(item, scope, context);
    // Not every function of an expression may stand here, and another one of its name may.
    const isOwn = isOwnCall(call, context.own, context.own.tables);
    const sources = collect(isOwn ? items(call, 'args') : item, scope, context);
    return isOwn ? sources : context.all;
  });
  whole.push(collect(range.coldeflist, scope, context));
  const [only, ...more] = calls.map((item) => member(item, 'FuncCall')).filter((call) => call !== null);
  const alias = aliasOf(range) ?? (only !== undefined && more.length === 0 ? calledName(only) : null);
  scope.relations.push({ alias, columns: null, whole: whole.length === 0 ? nothing : union(whole) });
}

function aliasOf(node: unknown): string | null {
  return textOf(member(node, 'alias'), 'aliasname');
}
