import { collect } from './expression.ts';
import { type Context, many, type Output, relationOf, type Scope, type Sources, union, wholeOf } from './scope.ts';
import { aliasOf, givenNames, items, member, newNames, type Tree } from './tree.ts';

type AddRange = (node: unknown, scope: Scope, filters: Sources[], context: Context) => readonly Output[];

/** Puts both sides into scope, and what they are joined by to the filters. The columns of the join, in order. */
export function join(
  node: Tree,
  scope: Scope,
  filters: Sources[],
  context: Context,
  addRange: AddRange,
): readonly Output[] {
  const start = scope.relations.length;
  const left = addRange(node.larg, scope, filters, context);
  const right = addRange(node.rarg, scope, filters, context);
  filters.push(collect(node.quals, scope, context));
  const shared = node.isNatural === true ? commonNames(left, right) : givenNames(items(node, 'usingClause'));
  const merged = shared?.map((name) => sharedBy(name, left, right)) ?? null;
  if (merged === null) filters.push(wholeOf(left), wholeOf(right));
  else filters.push(wholeOf(merged));
  const outputs = columnsOf(left, right, merged, context);
  const alias = aliasOf(node);
  const by = member(node, 'join_using_alias');
  // With a name of its own, it hides what it joins.
  if (alias !== null) scope.relations.splice(start, Infinity, relationOf(outputs, alias, newNames(node)));
  else if (by !== null && merged !== null) scope.relations.push(relationOf(merged, aliasOf({ alias: by }), []));
  return outputs;
}

/** Null: nobody knows. */
function commonNames(left: readonly Output[], right: readonly Output[]): readonly string[] | null {
  if ([...left, ...right].some(({ isMany }) => isMany)) return null;
  const names = left.flatMap(({ name }) => (name === null ? [] : [name]));
  return names.filter((name) => right.some((one) => one.name === name));
}

function sharedBy(shared: string, left: readonly Output[], right: readonly Output[]): Output {
  const of = [...left, ...right].filter(({ name, isMany }) => name === shared || isMany);
  return { name: shared, sources: wholeOf(of) };
}

/** USING and NATURAL make one column of two: in front, or where the left side has it. */
function columnsOf(
  left: readonly Output[],
  right: readonly Output[],
  merged: readonly Output[] | null,
  { own }: Context,
): readonly Output[] {
  if (merged?.length === 0) return [...left, ...right];
  const both = [...left, ...right];
  if (merged === null || both.some(({ isMany }) => isMany)) return [many(union(both.map(({ sources }) => sources)))];
  const isMerged = ({ name }: Output) => merged.some((one) => one.name === name);
  const alone = right.filter((one) => !isMerged(one));
  if (own.mergesInPlace) return [...left.map((one) => merged.find(({ name }) => name === one.name) ?? one), ...alone];
  return [...merged, ...left.filter((one) => !isMerged(one)), ...alone];
}
