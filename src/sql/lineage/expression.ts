import { type Context, nothing, resolve, type Scope, type Sources, union } from './scope.ts';
import { isTree, items, member, namesOf, type Tree, textOf } from './tree.ts';

/**
 * Every input column that an expression looks at. Functions, operators, casts and CASE need no words of their own: what
 * stands in them flows through them.
 */
export function collect(node: unknown, scope: Scope, context: Context): Sources {
  if (typeof node !== 'object' || node === null) return nothing;
  if (isTooMuch(context)) return context.all;
  context.depth++;
  const sources = Array.isArray(node)
    ? union(node.map((one: unknown) => collect(one, scope, context)))
    : isTree(node)
      ? collectNode(node, scope, context)
      : nothing;
  context.depth--;
  return sources;
}

/** More than anybody writes by hand. What cannot be followed ends the look at once: its answer is known. */
export function isTooMuch(context: Context): boolean {
  if (context.problems.length > 0) return true;
  context.steps++;
  if (context.depth < 1_000 && context.steps < 300_000) return false;
  context.problems.push('it is nested too deeply');
  return true;
}

function collectNode(node: Tree, scope: Scope, context: Context): Sources {
  const reference = member(node, 'ColumnRef');
  if (reference !== null) return referred(items(reference, 'fields'), scope, context);
  const query = member(node, 'SelectStmt');
  if (query !== null) {
    const { outputs, filters } = context.derive(query, scope.ctes, scope, context);
    return union([filters, ...outputs.map(({ sources }) => sources)]);
  }
  if ('ParamRef' in node) context.problems.push('it has a parameter');
  const call = member(node, 'FuncCall');
  if (call !== null && (isDynamic(calledName(call)) || isOfSomebody(call))) return context.all;
  const found = Object.values(node).map((value) => collect(value, scope, context));
  return found.length === 1 ? (found[0] ?? nothing) : union(found);
}

function referred(fields: readonly unknown[], scope: Scope, context: Context): Sources {
  const isStar = member(fields.at(-1), 'A_Star') !== null;
  const path = namesOf(isStar ? fields.slice(0, -1) : fields);
  if (isStar && path.length === 0) return union(scope.relations.map(({ whole }) => whole));
  const found = resolve(path, scope);
  if (found !== null) return found;
  context.problems.push(`nothing that it selects from has '${path.join('.')}'`);
  return context.all;
}

export function calledName(call: Tree): string {
  return namesOf(items(call, 'funcname')).at(-1) ?? textOf(call, 'funcname') ?? '';
}

/** A function of a schema is not the engine's own: who knows what it reads. */
function isOfSomebody(call: Tree): boolean {
  const [schema = '', name] = namesOf(items(call, 'funcname')).slice(-2);
  return name !== undefined && schema !== 'pg_catalog';
}

/** Functions that are told in text what to read: who knows what that is. */
export function isDynamic(name: string): boolean {
  return /^((query|table|schema|database|cursor)_to_xml|dblink|ts_stat$|ts_rewrite$|query$|query_table$)/.test(name);
}
