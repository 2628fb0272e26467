import type { TypeChange } from '../../src/types/change.ts';

/**
 * For each change of type the transport text of the value that row i has, no two alike where the type has so many; of
 * changes that narrow, values that do not all fit. `fresh`: one that only the new type has, where it has one more.
 */
export const values: Readonly<Record<TypeChange, { readonly of: (i: number) => string; readonly fresh?: string }>> = {
  'int-wider': { of: (i) => `${i}`, fresh: '5000000000' },
  'int-narrower': { of: (i) => `${i * 5_000_000}` },
  'decimal-more-digits': { of: (i) => `${i}.5`, fresh: '1234567890.5' },
  'decimal-larger-scale': { of: (i) => `${i}.25`, fresh: '1.0625' },
  'decimal-beyond-38': { of: (i) => `${i}${'7'.repeat(30)}.5`, fresh: `${'9'.repeat(48)}.25` },
  'decimal-narrower': { of: (i) => `${i}.1234` },
  'float-wider': { of: (i) => `${i / 10}`, fresh: '0.1234567890123' },
  'float-narrower': { of: (i) => `${i / 10}` },
  'text-longer': { of: (i) => `text ${i}`, fresh: 'x'.repeat(80) },
  'text-shorter': { of: (i) => `${'x'.repeat(30)}${i}` },
  'char-to-varchar': { of: (i) => `c${i}`, fresh: 'blank ' },
  'varchar-to-char': { of: (i) => `v${i}  ` },
  'enum-value-added': { of: (i) => (i % 2 === 0 ? 'new' : 'sent'), fresh: 'lost' },
  'enum-value-removed': { of: (i) => ['new', 'sent', 'lost'][i % 3] ?? '' },
  'enum-to-text': { of: (i) => (i % 2 === 0 ? 'new' : 'sent'), fresh: 'anything' },
  'text-to-enum': { of: (i) => `other ${i}` },
  'time-finer': { of: (i) => `2024-01-01 00:${sixty(i / 60)}:${sixty(i)}.123000`, fresh: '2024-01-01 00:00:00.123456' },
  'time-coarser': { of: (i) => `2024-01-01 00:${sixty(i / 60)}:${sixty(i)}.123456` },
  'date-to-timestamp': { of: day, fresh: '2024-01-01 10:11:12.000000' },
  'timestamp-to-date': { of: (i) => `${day(i)} 10:11:12.000000` },
  'zone-changed': { of: (i) => `${day(i)} 10:11:12.000000` },
  'int-to-decimal': { of: (i) => `${i}`, fresh: '123456789012' },
  'int-to-float': { of: (i) => `${i}`, fresh: '0.5' },
  'number-to-other': { of: (i) => `${i}.6` },
  'value-to-text': { of: (i) => `${i}`, fresh: 'words' },
  'text-to-value': { of: (i) => `word ${i}` },
  'family-changed': { of: (i) => (i % 2 === 0 ? 't' : 'f') },
  'field-added': { of: String },
  'field-removed': { of: String },
};

function day(i: number): string {
  return new Date(i * 86_400_000).toISOString().slice(0, 10);
}

function sixty(i: number): string {
  return String(Math.floor(i) % 60).padStart(2, '0');
}
