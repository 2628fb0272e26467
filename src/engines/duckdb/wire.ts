import type { Wire } from './owner/frames.ts';

/** A statement's parameter as it travels. */
export function wire(given: unknown): Wire {
  if (given === null || given === undefined) return null;
  if (typeof given === 'boolean' || typeof given === 'string') return given;
  if (typeof given === 'bigint') return { bigint: given.toString() };
  if (typeof given === 'number') {
    if (Number.isFinite(given)) return given;
    return { number: Number.isNaN(given) ? 'NaN' : given > 0 ? 'Infinity' : '-Infinity' };
  }
  if (given instanceof Uint8Array) return { bytes: Buffer.from(given).toString('base64') };
  if (given instanceof Date) return { atMs: given.getTime() };
  if (Array.isArray(given)) return given.map(wire);
  throw new Error('bug: a parameter that is no value');
}

/** A value of a row, as it came. */
export function unwired(given: Wire): unknown {
  if (given === null || typeof given !== 'object') return given;
  if (Array.isArray(given)) return given.map(unwired);
  if ('bytes' in given) return Buffer.from(given.bytes, 'base64');
  if ('number' in given) return Number(given.number);
  return given;
}
