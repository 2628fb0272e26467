import { unreachable } from '../base/must.ts';
import { fits } from './fits.ts';
import { typeText } from './text.ts';
import type { Type, TypeKind } from './type.ts';

/** How one type becomes another; what each does to kept rows and to readers is in `review/compatibility/table.ts`. */
export type TypeChange =
  | 'int-wider'
  | 'int-narrower'
  | 'decimal-more-digits'
  | 'decimal-larger-scale'
  | 'decimal-beyond-38'
  | 'decimal-narrower'
  | 'float-wider'
  | 'float-narrower'
  | 'text-longer'
  | 'text-shorter'
  | 'char-to-varchar'
  | 'varchar-to-char'
  | 'enum-value-added'
  | 'enum-value-removed'
  | 'enum-to-text'
  | 'text-to-enum'
  | 'time-finer'
  | 'time-coarser'
  | 'date-to-timestamp'
  | 'timestamp-to-date'
  | 'zone-changed'
  | 'int-to-decimal'
  | 'int-to-float'
  | 'number-to-other'
  | 'value-to-text'
  | 'text-to-value'
  | 'family-changed'
  | 'field-added'
  | 'field-removed';

/** One change, and where in the type: `` of the whole, `in field 'at'`, `in its elements, in field 'at'`. */
export type Changed = { readonly change: TypeChange; readonly inside: string };

/**
 * What differs between two types, in parts that are judged alone; empty where they are the same. Going on is never worse
 * than going at once: what no step from a to b to c narrows, a to c does not narrow (`table.test.ts` there).
 */
export function typeChanges(from: Type, into: Type): readonly Changed[] {
  if (typeText(from) === typeText(into)) return [];
  if (from.kind === 'array' && into.kind === 'array') return inside('in its elements', typeChanges(from.of, into.of));
  if (from.kind === 'map' && into.kind === 'map')
    return [
      ...inside('in its keys', typeChanges(from.key, into.key)),
      ...inside('in its values', typeChanges(from.value, into.value)),
    ];
  if (from.kind === 'struct' && into.kind === 'struct') return fieldChanges(from, into);
  return scalarChanges(from, into).map((change) => ({ change, inside: '' }));
}

function inside(where: string, changes: readonly Changed[]): readonly Changed[] {
  return changes.map((one) => ({ ...one, inside: one.inside === '' ? where : `${where}, ${one.inside}` }));
}

type Struct = Extract<Type, { kind: 'struct' }>;

function fieldChanges(from: Struct, into: Struct): readonly Changed[] {
  const names = [...new Set([...Object.keys(from.fields), ...Object.keys(into.fields)])];
  return names.flatMap((name): readonly Changed[] => {
    const before = Object.hasOwn(from.fields, name) ? from.fields[name] : undefined;
    const after = Object.hasOwn(into.fields, name) ? into.fields[name] : undefined;
    const where = `in field '${name}'`;
    if (before === undefined) return [{ change: 'field-added', inside: where }];
    if (after === undefined) return [{ change: 'field-removed', inside: where }];
    return inside(where, typeChanges(before, after));
  });
}

function scalarChanges(from: Type, into: Type): readonly TypeChange[] {
  switch (into.kind) {
    case 'int':
      if (from.kind !== 'int') return fromOther(from, into);
      return [from.bits < into.bits ? 'int-wider' : 'int-narrower'];
    case 'float':
      if (from.kind === 'float') return [from.bits < into.bits ? 'float-wider' : 'float-narrower'];
      // A float has 24 or 53 bits for its digits.
      if (from.kind === 'int') return from.bits < into.bits ? ['int-to-float'] : ['int-to-float', 'float-narrower'];
      return fromOther(from, into);
    case 'decimal':
      if (from.kind === 'decimal') return decimalChanges(from, into);
      if (from.kind === 'int') return fits(from, into) ? ['int-to-decimal'] : ['int-to-decimal', 'decimal-narrower'];
      return fromOther(from, into);
    case 'char':
    case 'varchar':
    case 'text':
      return intoText(from, into);
    case 'enum':
      return intoEnum(from, into);
    case 'date':
      return from.kind === 'timestamp' || from.kind === 'timestamptz' ? ['timestamp-to-date'] : fromOther(from, into);
    case 'time':
      return from.kind === 'time' ? [precision(from, into)] : fromOther(from, into);
    case 'timestamp':
    case 'timestamptz':
      if (from.kind === 'date')
        return into.kind === 'timestamp' ? ['date-to-timestamp'] : ['date-to-timestamp', 'zone-changed'];
      if (from.kind === into.kind) return [precision(from, into)];
      if (from.kind !== 'timestamp' && from.kind !== 'timestamptz') return fromOther(from, into);
      return from.precision <= into.precision ? ['zone-changed'] : ['zone-changed', 'time-coarser'];
    case 'boolean':
    case 'binary':
    case 'interval':
    case 'uuid':
    case 'json':
    case 'array':
    case 'struct':
    case 'map':
      return fromOther(from, into);
    default:
      return unreachable(into);
  }
}

function fromOther(from: Type, into: Type): readonly TypeChange[] {
  if (textual.has(from.kind)) return ['text-to-value'];
  return [numeric.has(from.kind) && numeric.has(into.kind) ? 'number-to-other' : 'family-changed'];
}

const numeric: ReadonlySet<TypeKind> = new Set<TypeKind>(['int', 'decimal', 'float']);

const textual: ReadonlySet<TypeKind> = new Set<TypeKind>(['char', 'varchar', 'text', 'enum']);

type Sized<K extends TypeKind> = Extract<Type, { kind: K }>;

function precision(
  from: Sized<'time' | 'timestamp' | 'timestamptz'>,
  into: { readonly precision: number },
): TypeChange {
  return from.precision < into.precision ? 'time-finer' : 'time-coarser';
}

/** Digits that engines keep as numbers: more are text on some. */
const mostDigits = 38;

function decimalChanges(from: Sized<'decimal'>, into: Sized<'decimal'>): readonly TypeChange[] {
  const isBeyond = ({ precision }: Sized<'decimal'>) => precision === null || precision > mostDigits;
  const crossing: readonly TypeChange[] = isBeyond(from) === isBeyond(into) ? [] : ['decimal-beyond-38'];
  if (!fits(from, into)) return ['decimal-narrower', ...crossing];
  if (crossing.length > 0) return crossing;
  return [
    into.precision !== null && (from.scale ?? 0) < (into.scale ?? 0) ? 'decimal-larger-scale' : 'decimal-more-digits',
  ];
}

function intoText(from: Type, into: Sized<'char' | 'varchar' | 'text'>): readonly TypeChange[] {
  const length = (type: Sized<'char' | 'varchar' | 'text'>) =>
    type.kind === 'text' ? Number.POSITIVE_INFINITY : type.length;
  switch (from.kind) {
    case 'char':
    case 'varchar':
    case 'text': {
      const sized: readonly TypeChange[] = length(into) < length(from) ? ['text-shorter'] : [];
      if (from.kind === 'char' && into.kind !== 'char') return ['char-to-varchar', ...sized];
      if (from.kind !== 'char' && into.kind === 'char') return ['varchar-to-char', ...sized];
      return sized.length > 0 ? sized : ['text-longer'];
    }
    case 'enum': {
      const sized: readonly TypeChange[] = from.values.some((v) => Array.from(v).length > length(into))
        ? ['text-shorter']
        : [];
      return [into.kind === 'char' ? 'varchar-to-char' : 'enum-to-text', ...sized];
    }
    default:
      return into.kind === 'char' ? ['value-to-text', 'varchar-to-char'] : ['value-to-text'];
  }
}

function intoEnum(from: Type, into: Sized<'enum'>): readonly TypeChange[] {
  if (from.kind !== 'enum') return textual.has(from.kind) ? ['text-to-enum'] : ['value-to-text', 'text-to-enum'];
  const added = into.values.some((value) => !from.values.includes(value));
  const removed = from.values.some((value) => !into.values.includes(value));
  // The same values in another order sort otherwise; engines that keep them as text do not notice.
  return [...(added ? (['enum-value-added'] as const) : []), ...(removed ? (['enum-value-removed'] as const) : [])];
}
