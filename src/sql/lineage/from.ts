import { calledName, collect } from './expression.ts';
import { join } from './join.ts';
import {
  type Context,
  type Output,
  openRelation,
  type Relation,
  relationOf,
  type Scope,
  type Sources,
  union,
} from './scope.ts';
import { isOwnCall } from './stranger.ts';
import { aliasOf, isTree, items, member, namesOf, newNames, type Tree, textOf } from './tree.ts';

/**
 * Puts what stands in a FROM into scope, and what says which rows it has to the filters: what it joins by, say. Its columns,
 * as `*` gives them.
 */
export function addRange(node: unknown, scope: Scope, filters: Sources[], context: Context): readonly Output[] {
  const joined = member(node, 'JoinExpr');
  if (joined !== null) return join(joined, scope, filters, context, addRange);
  const sample = member(node, 'RangeTableSample');
  if (sample !== null) {
    const [method, ...more] = namesOf(items(sample, 'method'));
    const isOwn = more.length === 0 && context.own.samples.includes(method ?? '');
    if (!isOwn) context.strangers.add([method, ...more].join('.'));
    filters.push(isOwn ? collect([sample.args, sample.repeatable], scope, context) : context.all);
    return addRange(sample.relation, scope, filters, context);
  }
  const relation = relationIn(node, scope, filters, context);
  scope.relations.push(relation);
  const { alias, outputs } = relation;
  if (alias !== null && context.own.words.has(alias))
    context.problems.push(`DuckDB reads '${alias}' as a word of its own`);
  return outputs;
}

function relationIn(node: unknown, scope: Scope, filters: Sources[], context: Context): Relation {
  const table = member(node, 'RangeVar');
  if (table !== null) return tableIn(table, scope, filters, context);
  const query = member(node, 'RangeSubselect');
  if (query !== null) return queryIn(query, scope, filters, context);
  const call = member(node, 'RangeFunction');
  if (call !== null) return callIn(call, scope, filters, context);
  // XMLTABLE, JSON_TABLE and whatever comes: any rows and columns, made of all that it looks at.
  const [inner] = isTree(node) ? Object.values(node) : [];
  const whole = collect(node, scope, context);
  filters.push(whole);
  return openRelation(aliasOf(inner), whole);
}

function tableIn(table: Tree, scope: Scope, filters: Sources[], context: Context): Relation {
  const name = textOf(table, 'relname') ?? '';
  const schema = textOf(table, 'schemaname');
  const alias = aliasOf(table) ?? name;
  const cte = schema === null ? scope.ctes.get(name) : undefined;
  const columns = schema === null ? context.inputs.get(name) : undefined;
  if (cte !== undefined) {
    if (cte.isLater) context.problems.push(`'${name}' of its WITH is read before it stands there`);
    filters.push(cte.filters);
    return relationOf(cte.outputs, alias, newNames(table));
  }
  if (columns !== undefined) {
    const outputs = columns.map((column): Output => ({ name: column, sources: new Set([`${name}.${column}`]) }));
    return relationOf(outputs, alias, newNames(table));
  }
  context.unread.add(schema === null ? name : `${schema}.${name}`);
  return openRelation(alias, context.all);
}

/** Without LATERAL it does not see what stands beside it, but what stands around. */
function queryIn(range: Tree, scope: Scope, filters: Sources[], context: Context): Relation {
  const select = member(member(range, 'subquery'), 'SelectStmt');
  if (select === null) {
    context.problems.push('it selects from something that is no SELECT');
    return openRelation(null, context.all);
  }
  const isLateral = range.lateral === true || context.own.isLateral;
  const derived = context.derive(select, scope.ctes, isLateral ? scope : scope.outer, context);
  filters.push(derived.filters);
  return relationOf(derived.outputs, aliasOf(range), newNames(range));
}

/** A function in a FROM: those that take apart what they are given give that, and as many rows; of others, only the engine knows. */
function callIn(range: Tree, scope: Scope, filters: Sources[], context: Context): Relation {
  const calls = items(range, 'functions').flatMap((item) => items(member(item, 'List'), 'items'));
  // Not every function of an expression may stand here, and another one of its name may.
  const strangers = calls.flatMap((item) => {
    const call = member(item, 'FuncCall');
    return call === null || isOwnCall(call, context.own, context.own.tables) ? [] : [calledName(call)];
  });
  for (const stranger of strangers) context.strangers.add(stranger);
  const given = calls.map((item) => {
    const call = member(item, 'FuncCall');
    if (call !== null && context.own.reaching.test(calledName(call))) context.reaching.add(calledName(call));
    return collect(call?.args ?? (call === null ? item : null), scope, context);
  });
  given.push(collect(range.coldeflist, scope, context));
  const whole = strangers.length === 0 ? union(given) : context.all;
  filters.push(whole);
  const [only, ...more] = calls.map((item) => member(item, 'FuncCall')).filter((call) => call !== null);
  const alias = aliasOf(range) ?? (only !== undefined && more.length === 0 ? calledName(only) : null);
  const defined = items(range, 'coldeflist').map((one) => textOf(member(one, 'ColumnDef'), 'colname'));
  if (defined.length === 0) return openRelation(alias, whole);
  const outputs = defined.map((name): Output => ({ name, sources: whole }));
  return relationOf(outputs, alias, newNames(range));
}
