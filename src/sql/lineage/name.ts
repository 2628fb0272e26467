import { calledName } from './expression.ts';
import { items, member, namesOf, textOf } from './tree.ts';

/**
 * The name that PostgreSQL gives a column of a result that has no AS (FigureColname in its parser). Null: `?column?`,
 * or a name that is not worth knowing.
 */
export function outputName(node: unknown): string | null {
  const reference = member(node, 'ColumnRef');
  if (reference !== null) return namesOf(items(reference, 'fields')).at(-1) ?? null;
  const call = member(node, 'FuncCall');
  if (call !== null) return calledName(call);
  const part = member(node, 'A_Indirection');
  if (part !== null)
    return namesOf(items(part, 'indirection')).findLast((name) => name !== null) ?? outputName(part.arg);
  const cast = member(node, 'TypeCast');
  if (cast !== null) return outputName(cast.arg) ?? namesOf(items(member(cast, 'typeName'), 'names')).at(-1) ?? null;
  const collated = member(node, 'CollateClause');
  if (collated !== null) return outputName(collated.arg);
  const choice = member(node, 'CaseExpr');
  if (choice !== null) return outputName(choice.defresult) ?? 'case';
  const query = member(node, 'SubLink');
  if (query !== null) return nameOfQuery(textOf(query, 'subLinkType'), query.subselect);
  const extreme = member(node, 'MinMaxExpr');
  if (extreme !== null) return textOf(extreme, 'op') === 'IS_LEAST' ? 'least' : 'greatest';
  const fixed = Object.entries(fixedNames).find(([kind]) => member(node, kind) !== null);
  return fixed?.[1] ?? null;
}

/** Of engines that call other results by their text, which is no name that a query would write: `?`. */
export function plainName(node: unknown): string {
  const reference = member(node, 'ColumnRef');
  return (reference === null ? null : outputName(node)) ?? '?';
}

function nameOfQuery(kind: string | null, select: unknown): string | null {
  if (kind === 'EXISTS_SUBLINK') return 'exists';
  if (kind === 'ARRAY_SUBLINK') return 'array';
  const target = member(items(member(select, 'SelectStmt'), 'targetList')[0], 'ResTarget');
  return textOf(target, 'name') ?? outputName(target?.val);
}

const fixedNames: Readonly<Record<string, string>> = {
  CoalesceExpr: 'coalesce',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  GroupingFunc: 'grouping',
};
