import { type Context, nothing, resolve, type Scope, type Sources, union } from './scope.ts';
import { strangerIn } from './stranger.ts';
import { isTree, items, member, namesOf, type Tree, textOf } from './tree.ts';

/**
 * Every input column that an expression looks at. The engine's own functions, operators, casts and CASE need no words of
 * their own: what stands in them flows through them. Of those that are not, nobody knows what they look at.
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
  if (call !== null && context.own.reaching.test(calledName(call))) context.reaching.add(calledName(call));
  const isStranger = strangerIn(node, context.own) !== null;
  const found = Object.values(node).map((value) => collect(value, scope, context));
  if (isStranger) return context.all;
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
