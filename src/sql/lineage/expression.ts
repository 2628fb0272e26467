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
  const part = member(node, 'A_Indirection');
  if (part !== null && context.own.castsRunCode) return partOf(part, scope, context);
  if ('ParamRef' in node) context.problems.push('it has a parameter');
  const call = member(node, 'FuncCall');
  if (call !== null && context.own.reaching.test(calledName(call))) context.reaching.add(calledName(call));
  const stranger = strangerIn(node, context.own);
  const found = Object.values(node).map((value) => collect(value, scope, context));
  if (stranger !== null) {
    context.strangers.add(stranger);
    // COLUMNS of DuckDB stands for each column that it tells of.
    if (call !== null && calledName(call) === 'columns') context.expansions++;
    return context.all;
  }
  if (call !== null && context.own.series.has(calledName(call))) scope.series.push(union(found));
  return found.length === 1 ? (found[0] ?? nothing) : union(found);
}

/** `(c).email` is a column of c, or what a function of that name makes of c; `a[1]` is of a. */
function partOf(part: Tree, scope: Scope, context: Context): Sources {
  const [first, ...more] = items(part, 'indirection');
  const [name = null] = namesOf([first]);
  const given = collect([part.arg, part.indirection], scope, context);
  if (namesOf([first, ...more]).every((one) => one === null)) return given;
  const [row = null, ...longer] = namesOf(items(member(part.arg, 'ColumnRef'), 'fields'));
  const relations = longer.length === 0 ? scope.relations.filter(({ alias }) => alias === row) : [];
  const isColumn = relations.length > 0 && relations.every(({ columns }) => columns?.has(name ?? ''));
  const isPlain = isColumn && namesOf(more).every((one) => one === null);
  return isPlain ? (resolve([row, name], scope) ?? context.all) : context.all;
}

function referred(fields: readonly unknown[], scope: Scope, context: Context): Sources {
  const isStar = member(fields.at(-1), 'A_Star') !== null;
  const path = namesOf(isStar ? fields.slice(0, -1) : fields);
  if (isStar && path.length === 0) return union(scope.relations.map(({ whole }) => whole));
  const found = resolve(isStar ? [...path, null] : path, scope);
  if (found !== null) return found;
  context.problems.push(`nothing that it selects from has '${path.join('.')}'`);
  return context.all;
}

export function calledName(call: Tree): string {
  return namesOf(items(call, 'funcname')).at(-1) ?? textOf(call, 'funcname') ?? '';
}
