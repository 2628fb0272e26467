import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  HUGEINT,
  LIST,
  SQLNULL,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api';
import { must } from '../../../base/must.ts';
import type { Wire } from './frames.ts';

export type Bound = { readonly value: DuckDBValue; readonly type: DuckDBType };

/** A parameter off the wire, with the type it is bound as. */
export function bound(wire: Wire): Bound {
  if (wire === null) return { value: null, type: SQLNULL };
  if (typeof wire === 'boolean') return { value: wire, type: BOOLEAN };
  if (typeof wire === 'string') return { value: wire, type: VARCHAR };
  if (typeof wire === 'number') {
    return Number.isSafeInteger(wire) ? { value: BigInt(wire), type: BIGINT } : { value: wire, type: DOUBLE };
  }
  if (isList(wire)) {
    const items = wire.map(bound);
    const type = items.find((item) => item.value !== null)?.type ?? VARCHAR;
    return { value: new DuckDBListValue(items.map((item) => item.value)), type: LIST(type) };
  }
  if ('bigint' in wire) {
    const value = BigInt(wire.bigint);
    return { value, type: BigInt.asIntN(64, value) === value ? BIGINT : HUGEINT };
  }
  if ('bytes' in wire) return { value: new DuckDBBlobValue(Buffer.from(wire.bytes, 'base64')), type: BLOB };
  if ('atMs' in wire) return { value: new DuckDBTimestampTZValue(BigInt(wire.atMs) * 1000n), type: TIMESTAMPTZ };
  return { value: Number(wire.number), type: DOUBLE };
}

/** A value of a result as it travels: dates, times, decimals, json and uuid are their text. */
export function wired(value: DuckDBValue): Wire {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    return { number: Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity' };
  }
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof DuckDBBlobValue) return { bytes: Buffer.from(value.bytes).toString('base64') };
  if (value instanceof DuckDBListValue) return value.items.map(wired);
  if (value instanceof DuckDBTimestampTZValue) return instantText(value);
  return value.toString();
}

/** In UTC whatever the zone of this machine: the driver's own text is in the machine's zone. */
function instantText(value: DuckDBTimestampTZValue): string {
  if (!value.isFinite) return value.micros > 0n ? 'infinity' : '-infinity';
  const { date, time } = value.toParts();
  const pad = (part: number, width: number) => String(part).padStart(width, '0');
  const fraction = time.micros === 0 ? '' : `.${pad(time.micros, 6).replace(/0+$/, '')}`;
  const year = date.year > 0 ? pad(date.year, 4) : pad(1 - date.year, 4);
  const clock = `${pad(time.hour, 2)}:${pad(time.min, 2)}:${pad(time.sec, 2)}${fraction}`;
  return `${year}-${pad(date.month, 2)}-${pad(date.day, 2)} ${clock}+00${date.year > 0 ? '' : ' BC'}`;
}

function isList(wire: Wire): wire is readonly Wire[] {
  return Array.isArray(wire);
}

/** The csv field of a text: always in quotes, so that '' is told from null, which is nothing at all. */
export function csvLine(columns: number): string {
  const field = (n: number) =>
    `case when c${n} is null then '' else '"' || replace(c${n}::varchar, '"', '""') || '"' end`;
  return must(
    Array.from({ length: columns }, (_, n) => field(n)).reduce((all, each) => `${all} || ',' || ${each}`),
    'column',
  );
}
