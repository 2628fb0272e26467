import type { Json } from '../../base/digest.ts';
import { unreachable } from '../../base/must.ts';
import { typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import type { Version } from './version.ts';

/** How a contract says a type; what equals it says nothing more than the model does. */
export type TypeMembers = { readonly logicalType: string; readonly physicalType: string } & Readonly<
  Record<string, Json>
>;

/** The type in the words of the standard: before 3.1 it has no times, and before 3.2 no maps and no enums. */
export function typeMembers(type: Type, version: Version): TypeMembers {
  return { ...logicalOf(type, version), physicalType: physicalOf(type) };
}

function logicalOf(type: Type, version: Version): { readonly logicalType: string } & Readonly<Record<string, Json>> {
  switch (type.kind) {
    case 'boolean':
      return { logicalType: 'boolean' };
    case 'int':
      return { logicalType: 'integer', logicalTypeOptions: { format: `i${type.bits}` } };
    case 'decimal':
      return { logicalType: 'number' };
    case 'float':
      return { logicalType: 'number', logicalTypeOptions: { format: `f${type.bits}` } };
    case 'char':
    case 'varchar':
      return { logicalType: 'string', logicalTypeOptions: { maxLength: type.length } };
    case 'text':
    case 'interval':
      return { logicalType: 'string' };
    case 'enum':
      return version === '3.2'
        ? { logicalType: 'string', enum: type.values.map((value) => ({ value })) }
        : { logicalType: 'string' };
    case 'binary':
      return { logicalType: 'string', logicalTypeOptions: { format: 'binary' } };
    case 'uuid':
      return { logicalType: 'string', logicalTypeOptions: { format: 'uuid' } };
    case 'date':
      return { logicalType: 'date' };
    case 'time':
      return { logicalType: version === '3.0' ? 'string' : 'time' };
    case 'timestamp':
      return { logicalType: version === '3.0' ? 'date' : 'timestamp' };
    case 'timestamptz':
      return version === '3.0'
        ? { logicalType: 'date' }
        : { logicalType: 'timestamp', logicalTypeOptions: { timezone: true } };
    case 'json':
      return { logicalType: 'object' };
    case 'array':
      return { logicalType: 'array', items: typeMembers(type.of, version) };
    case 'struct':
      return {
        logicalType: 'object',
        properties: Object.entries(type.fields).map(([name, field]) => ({ name, ...typeMembers(field, version) })),
      };
    case 'map':
      return version === '3.2'
        ? { logicalType: 'map', map: { key: typeMembers(type.key, version), value: typeMembers(type.value, version) } }
        : { logicalType: 'object' };
    default:
      return unreachable(type);
  }
}

/** Words that people know from SQL where there are such; each is read back as the same type (type-in.ts). */
function physicalOf(type: Type): string {
  switch (type.kind) {
    case 'int':
      return { 8: 'tinyint', 16: 'smallint', 32: 'integer', 64: 'bigint' }[type.bits];
    case 'float':
      return { 32: 'real', 64: 'double precision' }[type.bits];
    default:
      return typeText(type);
  }
}
