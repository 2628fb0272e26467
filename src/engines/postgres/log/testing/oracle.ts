import { must } from '../../../../base/must.ts';
import type { SourceTable } from '../../../../engine/capture.ts';
import type { Connection } from '../../../../engine/connection.ts';
import { sql, value } from '../../../../sql/sql.ts';
import type { Seen } from './collect.ts';

/**
 * The same log as the server's own plugin `test_decoding` tells it, through a slot of its own: what a reader of ours must
 * have seen. A transaction is its changes in order, each one line: the table, what was done, and the columns of the model.
 * https://www.postgresql.org/docs/current/test-decoding.html
 */
export async function openOracle(session: Connection, slot: string): Promise<void> {
  await session.query(sql`select pg_create_logical_replication_slot(${value(slot)}, 'test_decoding')`);
}

export async function oracleTransactions(
  session: Connection,
  slot: string,
  tables: readonly SourceTable[],
): Promise<readonly (readonly string[])[]> {
  const rows = await session.query(sql`
    select data from pg_logical_slot_get_changes(${value(slot)}, null, null, 'skip-empty-xacts', '1', 'include-xids', '0')`);
  await session.query(sql`select pg_drop_replication_slot(${value(slot)})`);
  const found: string[][] = [];
  let open: string[] = [];
  for (const { data } of rows) {
    const line = String(data);
    if (line === 'BEGIN') open = [];
    else if (line === 'COMMIT') {
      if (open.length > 0) found.push(open);
    } else open.push(...linesOf(line, tables));
  }
  return found;
}

/** What a reader has seen, as the same lines; transactions without a change of ours are left out. */
export function seenTransactions(seen: readonly Seen[]): readonly (readonly string[])[] {
  const found: string[][] = [];
  for (const one of seen) {
    if (one.kind === 'begin') found.push([]);
    const last = found.at(-1);
    if (one.kind === 'truncate') last?.push(`${one.table} truncate`);
    if (one.kind === 'stop') last?.push(`${one.table} stop ${one.why}`);
    if (one.kind === 'row') {
      const values = Object.entries(one.values).filter(([, of]) => one.op === 'upsert' || of !== null);
      last?.push(
        lineOf(
          one.table,
          one.op,
          new Map(values.map(([name, of]) => [name, of === undefined ? unchanged : of === null ? null : String(of)])),
        ),
      );
    }
  }
  return found;
}

const unchanged = '(unchanged)';

type Values = ReadonlyMap<string, string | null>;

function linesOf(line: string, tables: readonly SourceTable[]): string[] {
  const [, names = '', what = '', rest = ''] =
    /^table (.*?): (INSERT|UPDATE|DELETE|TRUNCATE): ?(.*)$/s.exec(line) ?? [];
  const places = names
    .split(', ')
    .map((name) => tables.findIndex((table) => `${table.schema}.${table.table}` === name));
  if (what === 'TRUNCATE') return places.filter((at) => at >= 0).map((at) => `${at} truncate`);
  const at = must(places[0], 'table');
  const table = tables[at];
  if (table === undefined) return [];
  const [, old = '', now = ''] = /^(?:old-key: (.*?) new-tuple: )?(.*)$/s.exec(rest) ?? [];
  const key = (of: Values) => new Map(table.key.map((column) => [column, of.get(column) ?? null]));
  if (what === 'DELETE') return [lineOf(at, 'delete', key(valuesOf(rest, table)))];
  const before = valuesOf(old, table);
  const after = new Map(
    [...valuesOf(now, table)].map(([name, of]) => [name, of === unchanged ? (before.get(name) ?? of) : of]),
  );
  const upsert = lineOf(at, 'upsert', after);
  const isMoved = old !== '' && lineOf(at, 'delete', key(before)) !== lineOf(at, 'delete', key(after));
  return isMoved ? [lineOf(at, 'delete', key(before)), upsert] : [upsert];
}

function lineOf(table: number, op: string, values: Values): string {
  const columns = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  // A large text by its length and its end.
  const text = (of: string | null) =>
    of === null ? 'null' : of.length > 50 ? `${of.length}...${of.slice(-20)}` : `'${of}'`;
  return `${table} ${op} ${columns.map(([name, of]) => `${name}=${text(of)}`).join(' ')}`;
}

function valuesOf(text: string, table: SourceTable): Map<string, string | null> {
  const wanted = new Set(table.columns.map(({ name }) => name));
  const columns = text.matchAll(/(\w+)\[(?:[^[\]]|\[\])+\]:(null|unchanged-toast-datum|'(?:[^']|'')*'|[^ ]+)/gs);
  const values = new Map<string, string | null>();
  for (const [, name = '', raw = ''] of columns) {
    if (!wanted.has(name)) continue;
    const plain = raw.startsWith("'") ? raw.slice(1, -1).replaceAll("''", "'") : raw;
    values.set(name, raw === 'null' ? null : raw === 'unchanged-toast-datum' ? unchanged : plain);
  }
  return values;
}
