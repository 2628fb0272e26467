import { unreachable } from '../base/must.ts';
import type { Type } from './type.ts';

/** `decimal(12,2)`: the spelling of schema files, messages and pages. `parseType(typeText(t))` equals t. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case 'int':
    case 'float':
      return `${type.kind}${type.bits}`;
    case 'decimal':
      return type.precision === null ? 'decimal' : `decimal(${type.precision},${type.scale ?? 0})`;
    case 'char':
    case 'varchar':
      return `${type.kind}(${type.length})`;
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return type.precision === 6 ? type.kind : `${type.kind}(${type.precision})`;
    case 'enum':
      return `enum(${type.values.map((v) => `'${v.replaceAll("'", "''")}'`).join(',')})`;
    case 'array':
      return `array(${typeText(type.of)})`;
    case 'boolean':
    case 'text':
    case 'binary':
    case 'date':
    case 'interval':
    case 'uuid':
    case 'json':
      return type.kind;
    default:
      return unreachable(type);
  }
}

/** The type a text spells, or null where it spells none. */
export function parseType(text: string): Type | null {
  const match = /^\s*([a-z]+)(8|16|32|64)?\s*(?:\((.*)\))?\s*$/s.exec(text);
  if (!match) return null;
  const [, word, bits, inside] = match;
  const numbers = inside === undefined ? [] : inside.split(',').map((n) => (/^\s*\d+\s*$/.test(n) ? Number(n) : -1));
  const bare = bits === undefined && inside === undefined;
  switch (word) {
    case 'boolean':
    case 'text':
    case 'binary':
    case 'date':
    case 'interval':
    case 'uuid':
    case 'json':
      return bare ? { kind: word } : null;
    case 'int':
      if (inside !== undefined) return null;
      return bits === '8' || bits === '16' || bits === '32' || bits === '64'
        ? { kind: 'int', bits: bits === '8' ? 8 : bits === '16' ? 16 : bits === '32' ? 32 : 64 }
        : null;
    case 'float':
      if (inside !== undefined) return null;
      return bits === '32' ? { kind: 'float', bits: 32 } : bits === '64' ? { kind: 'float', bits: 64 } : null;
    case 'decimal': {
      if (bits !== undefined) return null;
      if (inside === undefined) return { kind: 'decimal', precision: null, scale: null };
      const [precision = -1, scale = 0] = numbers;
      return numbers.length <= 2 && precision >= 1 && scale >= 0 && scale <= precision
        ? { kind: 'decimal', precision, scale }
        : null;
    }
    case 'char':
    case 'varchar': {
      const [length = -1] = numbers;
      return bits === undefined && numbers.length === 1 && length >= 1 ? { kind: word, length } : null;
    }
    case 'time':
    case 'timestamp':
    case 'timestamptz': {
      const [precision = 6] = numbers;
      return bits === undefined && numbers.length <= 1 && precision >= 0 && precision <= 6
        ? { kind: word, precision }
        : null;
    }
    case 'enum': {
      if (bits !== undefined || inside === undefined) return null;
      const values = [...inside.matchAll(/\s*'((?:[^']|'')*)'\s*(?:,|$)/gs)];
      if (values.length === 0 || values.map((v) => v[0]).join('') !== inside) return null;
      return { kind: 'enum', values: values.map((v) => (v[1] ?? '').replaceAll("''", "'")) };
    }
    case 'array': {
      const of = bits === undefined && inside !== undefined ? parseType(inside) : null;
      return of === null || of.kind === 'array' ? null : { kind: 'array', of };
    }
    default:
      return null;
  }
}
