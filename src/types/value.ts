import { unreachable } from '../base/must.ts';
import { fits } from './fits.ts';
import type { Type } from './type.ts';

/**
 * Is a constant, as a model says it, a value of the type? Numbers that JavaScript cannot count with exactly are texts of
 * their digits. Words that mean the moment they are read at (`now`) are values of no type, so a default is always the same.
 */
export function isValueOf(value: string | number | boolean, type: Type): boolean {
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
    case 'decimal': {
      const digits = decimalOf(value);
      return digits !== null && (type.kind === 'decimal' || digits.scale === 0) && fitsNumber(digits, type);
    }
    case 'float':
      return typeof value === 'number' && Number.isFinite(value);
    case 'char':
    case 'varchar':
      return typeof value === 'string' && Array.from(value).length <= type.length;
    case 'text':
      return typeof value === 'string';
    case 'enum':
      return typeof value === 'string' && type.values.includes(value);
    case 'binary':
      return matches(value, /^(?:[0-9a-f]{2})*$/);
    case 'uuid':
      return matches(value, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    case 'date':
      return matches(value, /^\d{4}-\d{2}-\d{2}$/) && isDay(String(value));
    case 'time':
      return matches(value, timeOf(type.precision, '$')) && isTime(String(value));
    case 'timestamp':
    case 'timestamptz': {
      const zone = type.kind === 'timestamptz' ? '(?:Z|[+-]\\d{2}:\\d{2})$' : '$';
      const [day = '', time = ''] = String(value).split(/[ T]/);
      return isDay(day) && timeOf(type.precision, zone).test(time) && isTime(time);
    }
    case 'json':
      return typeof value === 'string' && isJson(value);
    case 'interval':
    case 'array':
    case 'struct':
    case 'map':
      return false;
    default:
      return unreachable(type);
  }
}

function matches(value: string | number | boolean, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

type Digits = { readonly whole: string; readonly scale: number };

/** Digits before the point and how many behind it, without zeros that say nothing. */
function decimalOf(value: string | number | boolean): Digits | null {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return null;
  const match = /^-?(\d+)(?:\.(\d+))?$/.exec(typeof value === 'boolean' ? '' : String(value));
  const [, whole, fraction = ''] = match ?? [];
  if (whole === undefined) return null;
  const sign = String(value).startsWith('-') ? '-' : '';
  return { whole: `${sign}${whole.replace(/^0+(?=\d)/, '')}`, scale: fraction.replace(/0+$/, '').length };
}

function fitsNumber({ whole, scale }: Digits, type: Extract<Type, { kind: 'int' | 'decimal' }>): boolean {
  if (type.kind === 'int') {
    const bound = 1n << BigInt(type.bits - 1);
    return BigInt(whole) >= -bound && BigInt(whole) < bound;
  }
  const digits = whole.replace('-', '').replace(/^0$/, '').length;
  return digits + scale === 0 || fits({ kind: 'decimal', precision: digits + scale, scale }, type);
}

function timeOf(precision: number, end: string): RegExp {
  return new RegExp(`^\\d{2}:\\d{2}:\\d{2}${precision === 0 ? '' : `(?:\\.\\d{1,${precision}})?`}${end}`);
}

function isTime(text: string): boolean {
  const [hours = 0, minutes = 0, seconds = 0] = text.slice(0, 8).split(':').map(Number);
  return hours < 24 && minutes < 60 && seconds < 60;
}

/** 2026-02-30 is no day, though some would read it as March. */
function isDay(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
