import { unreachable } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import type { PlannedCheck, Table, TableColumn } from '../../plan/plan.ts';
import { render } from '../../sql/render.ts';
import { list, literal, name, type Sql, sql, words } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';

/** What a row must be, column by column: a row fails where one of them is false. Null is neither: it passes. */
export type Condition = { readonly columns: readonly string[]; readonly holds: Sql };

/** A check that a row passes or fails alone, as SQL. */
export type RowCheck = { readonly check: PlannedCheck; readonly conditions: readonly Condition[] };

/** The value of a column in the row that is judged, as its loose type. */
export type ValueIn = (column: TableColumn) => Sql;

/** Does a check judge each row alone, or how many do? */
export function isOfRow({ test }: PlannedCheck): boolean {
  return !['unique', 'refers', 'rows', 'fresh'].includes(test.kind);
}

/** Checks of rows, each with what must hold. One that nothing can fail is left out. */
export function rowChecks(
  c: Connection,
  table: Table,
  checks: readonly PlannedCheck[],
  valueIn: ValueIn,
): readonly RowCheck[] {
  return checks
    .filter(isOfRow)
    .map((check) => ({ check, conditions: conditionsOf(c, table, check, valueIn) }))
    .filter(({ conditions }) => conditions.length > 0);
}

/** Is the row one that fails? Never null. */
export function fails({ conditions }: Pick<RowCheck, 'conditions'>): Sql {
  const all = conditions.map(({ holds }) => sql`(${holds})`);
  return sql`not coalesce(${list(all, ' and ')}, true)`;
}

/** Name of the column by which the row fails, or of several with commas. */
export function failingColumn({ conditions }: Pick<RowCheck, 'conditions'>): Sql {
  const cases = conditions.map(
    ({ columns, holds }) => sql`when not coalesce(${holds}, true) then ${literal(columns.join(', '))}`,
  );
  return sql`case ${list(cases, '\n')} end`;
}

/**
 * A type that takes more than the declared one, so that a value that does not fit can be looked at: of decimals any number
 * of digits where the engine has such, of integers the widest.
 */
export function looseType(c: Connection, type: Type): Type {
  if (type.kind === 'int') return { kind: 'int', bits: 64 };
  const endless: Type = { kind: 'decimal', precision: null, scale: null };
  return type.kind === 'decimal' && hasLooseDecimals(c) ? endless : type;
}

function hasLooseDecimals(c: Connection): boolean {
  const physical = (type: Type) => render(c.types.physical(type), c.dialect).text;
  return physical({ kind: 'decimal', precision: null, scale: null }) !== physical({ kind: 'text' });
}

/**
 * Can the physical type of the column hold the value? What it cannot hold fails the merge, whatever is asked of it. Null:
 * whatever arrives it can.
 */
export function canHold(c: Connection, { name: of, type }: TableColumn, value: Sql): Condition | null {
  if (type.kind === 'int') {
    const bound = 1n << BigInt((type.bits === 8 ? 16 : type.bits) - 1);
    if (type.bits === 64) return null;
    return { columns: [of], holds: sql`${value} between ${literal(-bound)} and ${literal(bound - 1n)}` };
  }
  if (type.kind !== 'decimal' || type.precision === null || !hasLooseDecimals(c)) return null;
  const whole = type.precision - (type.scale ?? 0);
  const rounded = sql`round(${value}, ${literal(type.scale ?? 0)})`;
  return {
    columns: [of],
    holds: sql`case when ${value} = 'NaN' then true else abs(${rounded}) < power(cast(10 as numeric), ${literal(whole)}) end`,
  };
}

function conditionsOf(c: Connection, table: Table, { test }: PlannedCheck, valueIn: ValueIn): readonly Condition[] {
  const typed = (named: string) => {
    const column = table.columns.find((one) => one.name === named);
    // A column that the model no longer has: the plan before it is still in force.
    return column === undefined ? null : { column, value: valueIn(column) };
  };
  const one = (named: string, holds: (value: Sql, type: Type) => Sql): readonly Condition[] => {
    const found = typed(named);
    return found === null ? [] : [{ columns: [named], holds: holds(found.value, found.column.type) }];
  };
  const constant = (type: Type, of: string | number | boolean) => constantOf(c, looseType(c, type), of);
  switch (test.kind) {
    case 'declared':
      return table.columns.flatMap((column) => declared(c, column, valueIn(column)));
    case 'present':
      return one(test.column, (value) => sql`${value} is not null`);
    case 'accepted':
      return one(test.column, (value, type) => sql`${value} in (${list(test.values.map((of) => constant(type, of)))})`);
    case 'excluded':
      return one(test.column, (value, type) => {
        const isNone = test.values.map((of) => sql`${value} <> ${constant(type, of)}`);
        const all = test.isNull ? [sql`${value} is not null`, ...isNone] : isNone;
        return all.length === 0 ? sql`true` : sql`${list(all, ' and ')}`;
      });
    case 'between':
      return one(test.column, (value, type) => inRange(value, test, (of) => constant(type, of)));
    case 'length':
      return one(test.column, (value) => inRange(sql`char_length(${value})`, test, (of) => sql`${literal(of)}`));
    case 'matches':
      return one(test.column, (value) => c.dialect.matchesWhole(value, test.pattern));
    case 'compares': {
      const [left, right] = [typed(test.column), typed(test.other)];
      if (left === null || right === null) return [];
      return [{ columns: [test.column, test.other], holds: sql`${left.value} ${words(test.is)} ${right.value}` }];
    }
    case 'unique':
    case 'refers':
    case 'rows':
    case 'fresh':
      return [];
    default:
      return unreachable(test);
  }
}

function inRange<T>(
  value: Sql,
  { min, max }: { readonly min: T | null; readonly max: T | null },
  constant: (of: T) => Sql,
): Sql {
  const bounds = [
    ...(min === null ? [] : [sql`${value} >= ${constant(min)}`]),
    ...(max === null ? [] : [sql`${value} <= ${constant(max)}`]),
  ];
  return bounds.length === 0 ? sql`true` : sql`${list(bounds, ' and ')}`;
}

/** As the column says: not null, within its length, its range, its values. */
function declared(c: Connection, column: TableColumn, value: Sql): readonly Condition[] {
  const { name: of, type, nullable } = column;
  const conditions: Condition[] = nullable ? [] : [{ columns: [of], holds: sql`${value} is not null` }];
  const held = canHold(c, column, value);
  switch (type.kind) {
    case 'int':
      if (type.bits === 8) conditions.push({ columns: [of], holds: sql`${value} between -128 and 127` });
      else if (held !== null) conditions.push(held);
      return conditions;
    case 'decimal':
      if (held !== null) {
        conditions.push(held);
        conditions.push({ columns: [of], holds: sql`round(${value}, ${literal(type.scale ?? 0)}) = ${value}` });
      }
      return conditions;
    case 'char':
      conditions.push({ columns: [of], holds: sql`char_length(rtrim(${value}, ' ')) <= ${literal(type.length)}` });
      return conditions;
    case 'varchar':
      conditions.push({ columns: [of], holds: sql`char_length(${value}) <= ${literal(type.length)}` });
      return conditions;
    case 'enum':
      conditions.push({
        columns: [of],
        holds: sql`${value} in (${list(type.values.map((one) => constantOf(c, type, one)))})`,
      });
      return conditions;
    default:
      return conditions;
  }
}

/** A constant as a value of the type. Rules of check have seen to it that it is one. */
function constantOf(c: Connection, type: Type, of: string | number | boolean): Sql {
  const text = typeof of === 'boolean' ? (of ? 't' : 'f') : String(of);
  return c.types.fromTransport(type, sql`cast(${literal(text)} as ${c.types.physical({ kind: 'text' })})`);
}

/** A column of row `of` of our tables. */
export function ownValue(of: string): ValueIn {
  return (column) => sql`${name(of, column.name)}`;
}
