import { sqlParser } from '../../../load/sql-parser.ts';
import { lineageOf } from '../lineage.ts';
import type { SqlDialect } from '../own/words.ts';

export const parse = await sqlParser();
export const inputs = new Map([
  ['c', ['id', 'email', 'country']],
  ['o', ['id', 'customer', 'total']],
]);

export const all = 'c.country c.email c.id o.customer o.id o.total';

/** `column <- what it comes from` for each column of the result; what all come from last. */
export function told(query: string, dialect: SqlDialect = 'postgres'): string {
  const { of, names, opaque, unread, reaching } = lineageOf(parse(query), inputs, dialect);
  if (opaque !== null) return `opaque: ${opaque}`;
  const lines = [...(names ?? ['?'])].map((name) => `${name} <- ${[...of(name)].sort().join(' ')}`.trimEnd());
  const beyond = [...unread.map((table) => `unread ${table}`), ...reaching.map((call) => `reaching ${call}`)];
  return [...lines, ...beyond].join('; ').replaceAll(all, 'all');
}
