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
    case 'struct':
      return `struct(${Object.entries(type.fields)
        .map(([name, field]) => `${name} ${typeText(field)}`)
        .join(',')})`;
    case 'map':
      return `map(${typeText(type.key)},${typeText(type.value)})`;
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

/** Types within types: more of them are a mistake, or meant to harm. */
export const deepestType = 8;

/** The type a text spells, or null where it spells none. */
export function parseType(text: string): Type | null {
  return parse(text, deepestType);
}

function parse(text: string, depth: number): Type | null {
  if (depth < 0) return null;
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
      const of = bits === undefined && inside !== undefined ? parse(inside, depth - 1) : null;
      return of === null || of.kind === 'array' ? null : { kind: 'array', of };
    }
    case 'struct':
      return bits === undefined && inside !== undefined ? parseStruct(inside, depth - 1) : null;
    case 'map': {
      const parts = bits === undefined && inside !== undefined ? parted(inside) : [];
      const [key = null, value = null] = parts.map((part) => parse(part, depth - 1));
      return parts.length !== 2 || key === null || value === null || !isKey(key) ? null : { kind: 'map', key, value };
    }
    default:
      return null;
  }
}

function parseStruct(inside: string, depth: number): Type | null {
  const fields: Record<string, Type> = {};
  for (const part of parted(inside)) {
    const [, name, spelled] = /^\s*([a-z][a-z0-9_]*)\s+(.*)$/s.exec(part) ?? [];
    const type = spelled === undefined ? null : parse(spelled, depth);
    if (name === undefined || type === null || Object.hasOwn(fields, name)) return null;
    fields[name] = type;
  }
  return { kind: 'struct', fields };
}

/** What tells the entries of a map apart is one value. */
function isKey({ kind }: Type): boolean {
  return kind !== 'array' && kind !== 'struct' && kind !== 'map' && kind !== 'json';
}

/** Parts between the commas that stand in no parentheses and no quotes. */
function parted(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "'") isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}
