import { unreachable } from '../base/must.ts';
import type { Type } from './type.ts';

/** Is every value of `from` a value of `into`, unchanged? So a source may have `varchar(40)` where a model says `text`. */
export function fits(from: Type, into: Type): boolean {
  switch (into.kind) {
    case 'boolean':
    case 'binary':
    case 'date':
    case 'interval':
    case 'uuid':
    case 'json':
      return from.kind === into.kind;
    case 'int':
      return from.kind === 'int' && from.bits <= into.bits;
    case 'float':
      return from.kind === 'float' && from.bits <= into.bits;
    case 'decimal':
      return fitsDecimal(from, into.precision, into.scale ?? 0);
    case 'char':
      return from.kind === 'char' && from.length <= into.length;
    case 'varchar':
      return (from.kind === 'varchar' || from.kind === 'char') && from.length <= into.length;
    case 'text':
      return from.kind === 'text' || from.kind === 'varchar' || from.kind === 'char' || from.kind === 'enum';
    case 'enum':
      return from.kind === 'enum' && from.values.every((value) => into.values.includes(value));
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return from.kind === into.kind && from.precision <= into.precision;
    case 'array':
      return from.kind === 'array' && fits(from.of, into.of);
    case 'struct':
      return from.kind === 'struct' && fitFields(from.fields, into.fields);
    case 'map':
      return from.kind === 'map' && fits(from.key, into.key) && fits(from.value, into.value);
    default:
      return unreachable(into);
  }
}

type Fields = Extract<Type, { kind: 'struct' }>['fields'];

/** The same fields, each of which fits: a value with a field more, or less, is another value. */
function fitFields(from: Fields, into: Fields): boolean {
  const names = Object.keys(into);
  return (
    names.length === Object.keys(from).length &&
    names.every((name) => {
      const [a, b] = [Object.hasOwn(from, name) ? from[name] : undefined, into[name]];
      return a !== undefined && b !== undefined && fits(a, b);
    })
  );
}

const digitsOfInt = { 8: 3, 16: 5, 32: 10, 64: 19 } as const;

function fitsDecimal(from: Type, precision: number | null, scale: number): boolean {
  if (from.kind === 'int') return precision === null || precision - scale >= digitsOfInt[from.bits];
  if (from.kind !== 'decimal') return false;
  if (precision === null) return true;
  if (from.precision === null) return false;
  const fromScale = from.scale ?? 0;
  return fromScale <= scale && from.precision - fromScale <= precision - scale;
}
