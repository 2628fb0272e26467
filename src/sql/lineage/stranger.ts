import type { OwnWords } from './own/words.ts';
import { items, member, namesOf, type Tree } from './tree.ts';

/** Does the node name a function, an operator or a type that is not the engine's own? Who knows what such a thing reads. */
export function namesStranger(node: Tree, own: OwnWords): boolean {
  const call = member(node, 'FuncCall');
  if (call !== null) return !isOwnCall(call, own, own.functions);
  const expression = member(node, 'A_Expr');
  // The name of BETWEEN is no operator.
  if (expression !== null && !String(expression.kind).includes('BETWEEN'))
    return !isOwn(items(expression, 'name'), own.operators);
  const operators = [...items(node, 'operName'), ...items(node, 'useOp')];
  if (operators.length > 0) return !isOwn(operators, own.operators);
  const type = own.castsRunCode ? member(node, 'typeName') : null;
  return type !== null && !isOwn(items(type, 'names'), own.types);
}

/** Is the call one of these functions of the engine? */
export function isOwnCall(call: Tree, own: OwnWords, functions: ReadonlySet<string>): boolean {
  const path = items(call, 'funcname');
  // EXTRACT, AT TIME ZONE and the like: the parser makes calls of them, in its own schema.
  return isOwn(path, functions) || (path.length === 2 && isOwn(path, own.grammar));
}

function isOwn(path: readonly unknown[], words: ReadonlySet<string>): boolean {
  const [name, schema, ...more] = [...namesOf(path)].reverse();
  if (typeof name !== 'string' || !words.has(name)) return false;
  return schema === undefined || (schema === 'pg_catalog' && more.length === 0);
}
