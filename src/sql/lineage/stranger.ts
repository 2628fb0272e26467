import type { OwnWords } from './own/words.ts';
import { items, member, namesOf, type Tree } from './tree.ts';

/** The function, operator or type that the node names, where it is not the engine's own: who knows what it reads. */
export function strangerIn(node: Tree, own: OwnWords): string | null {
  const call = member(node, 'FuncCall');
  if (call !== null) return isOwnCall(call, own, own.functions) ? null : pathText(items(call, 'funcname'));
  const expression = member(node, 'A_Expr');
  // The name of BETWEEN is no operator.
  if (expression !== null && !String(expression.kind).includes('BETWEEN'))
    return strange(items(expression, 'name'), own.operators);
  const operators = [...items(node, 'operName'), ...items(node, 'useOp')];
  if (operators.length > 0) return strange(operators, own.operators);
  const type = own.castsRunCode ? member(node, 'typeName') : null;
  return type === null ? null : strange(items(type, 'names'), own.types);
}

function strange(path: readonly unknown[], words: ReadonlySet<string>): string | null {
  return isOwn(path, words) ? null : pathText(path);
}

function pathText(path: readonly unknown[]): string {
  return namesOf(path).join('.');
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
