/**
 * Physical names from parts of an address. Two different addresses never share a name: parts are joined by `__`, and a
 * name that is too long, that an engine keeps for itself, or whose parts hold the separator gets a digest of its parts.
 */
import { digestJson } from '../base/digest.ts';

/** `retail__sales__orders`: the schema of a datastore's tables, at most `limit` bytes. */
export function schemaName(parts: readonly string[], limit: number): string {
  return joined(parts, limit, '', reservedSchema(parts.join(separator)));
}

/** `customers`, `customers__history`: the tables of a dataset. */
export function tableName(
  dataset: string,
  word: 'history' | 'delta' | 'quarantine' | 'versions' | null,
  limit: number,
): string {
  return joined([dataset], limit, word === null ? '' : `${separator}${word}`, false);
}

/**
 * A column's name in every table that keeps it, whatever the engine: what the column is known by, so that a rename moves
 * nothing. With a blank in it, where one of its first name is gone: no column that is declared is called so.
 */
export function columnName(identity: string): string {
  return identity.length <= longestColumn ? identity : digested(identity, ['column', identity], longestColumn, '');
}

/** What every engine keeps of a name. */
const longestColumn = 63;

/** `reporting_dashboard`: a name that people type, joined by one underscore, at most `limit` bytes. */
export function publicName(parts: readonly string[], limit: number): string {
  const plain = parts.join('_');
  const isPlain = plain.length <= limit && !reservedSchema(plain) && /^[a-z0-9_]*$/.test(plain);
  return isPlain ? plain : digested(plain.replaceAll(/[^a-z0-9_]/g, '_'), ['public', ...parts], limit, '');
}

const separator = '__';
/** 48 bits: enough against chance; against intent the planner compares all names of a container besides. */
const digestLength = 12;

function joined(parts: readonly string[], limit: number, tail: string, isReserved: boolean): string {
  const plain = parts.join(separator);
  const isPlain = parts.every((part) => !part.includes(separator) && !part.endsWith('_'));
  return isPlain && !isReserved && plain.length + tail.length <= limit
    ? plain + tail
    : digested(plain, parts, limit, tail);
}

function digested(plain: string, identity: readonly string[], limit: number, tail: string): string {
  const suffix = `${separator}${digestJson([...identity]).slice(0, digestLength)}${tail}`;
  const head = reservedSchema(plain) ? `fh_${plain}` : plain;
  return head.slice(0, Math.max(1, limit - suffix.length)) + suffix;
}

/** Schemas that engines keep for themselves, and ours. */
function reservedSchema(name: string): boolean {
  return name.startsWith('pg_') || reserved.has(name);
}
const reserved = new Set(['information_schema', 'freehold', 'public', 'main', 'temp', 'system']);
