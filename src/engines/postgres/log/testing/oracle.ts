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
export async function openOracle(session: Connection, slot: string, plugin: Plugin = 'test_decoding'): Promise<void> {
  await session.query(sql`select pg_create_logical_replication_slot(${value(slot)}, ${value(plugin)})`);
}

/** wal2json is nobody's here either, and comes with Debian. https://github.com/eulerto/wal2json */
type Plugin = 'test_decoding' | 'wal2json';

export async function oracleTransactions(
  session: Connection,
  slot: string,
  tables: readonly SourceTable[],
  plugin: Plugin = 'test_decoding',
): Promise<readonly (readonly string[])[]> {
  const rows = await session.query(
    plugin === 'wal2json'
      ? sql`select data from pg_logical_slot_get_changes(${value(slot)}, null, null, 'format-version', '2')`
      : sql`select data from pg_logical_slot_get_changes(${value(slot)}, null, null, 'skip-empty-xacts', '1', 'include-xids', '0')`,
  );
  await session.query(sql`select pg_drop_replication_slot(${value(slot)})`);
  const found: string[][] = [];
  let open: string[] = [];
  for (const { data } of rows) {
    const line = String(data);
    if (line === 'BEGIN' || line === '{"action":"B"}') open = [];
    else if (line === 'COMMIT' || line === '{"action":"C"}') {
      if (open.length > 0) found.push(open);
    } else open.push(...(plugin === 'wal2json' ? linesOfJson(line, tables) : linesOf(line, tables)));
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
          new Map(values.map(([name, of]) => [name, of === undefined ? unchanged : textOf(of)])),
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
  if (what === 'DELETE') return [lineOf(at, 'delete', keyOf(table, valuesOf(rest, table)))];
  return updateLines(at, table, old === '' ? null : valuesOf(old, table), valuesOf(now, table));
}

/** Values that were left alone come from the old row where it has them; a key that moved is a delete and an upsert. */
function updateLines(at: number, table: SourceTable, before: Values | null, now: Values): string[] {
  const after = new Map([...now].map(([name, of]) => [name, of === unchanged ? (before?.get(name) ?? of) : of]));
  const upsert = lineOf(at, 'upsert', after);
  const gone = (of: Values) => lineOf(at, 'delete', keyOf(table, of));
  return before !== null && gone(before) !== gone(after) ? [gone(before), upsert] : [upsert];
}

function keyOf(table: SourceTable, of: Values): Values {
  return new Map(table.key.map((column) => [column, of.get(column) ?? null]));
}

function linesOfJson(line: string, tables: readonly SourceTable[]): string[] {
  const change: unknown = JSON.parse(line);
  const member = (of: unknown, name: string): unknown =>
    typeof of === 'object' && of !== null ? Reflect.get(of, name) : null;
  const place = `${String(member(change, 'schema'))}.${String(member(change, 'table'))}`;
  const at = tables.findIndex((table) => `${table.schema}.${table.table}` === place);
  const table = tables[at];
  if (table === undefined) return [];
  const values = (of: unknown): Map<string, string | null> | null =>
    Array.isArray(of)
      ? new Map(
          of.map((column) => {
            const found = member(column, 'value');
            return [String(member(column, 'name')), textOf(found)];
          }),
        )
      : null;
  const wanted = (of: Values | null) =>
    new Map(table.columns.map(({ name }) => [name, of?.has(name) === true ? (of.get(name) ?? null) : unchanged]));
  const identity = values(member(change, 'identity'));
  switch (member(change, 'action')) {
    case 'T':
      return [`${at} truncate`];
    case 'D':
      return [lineOf(at, 'delete', keyOf(table, identity ?? new Map()))];
    case 'I':
      return [lineOf(at, 'upsert', wanted(values(member(change, 'columns'))))];
    default:
      // The key of the old row is always there, changed or not.
      return updateLines(at, table, identity, wanted(values(member(change, 'columns'))));
  }
}

function textOf(of: unknown): string | null {
  return of === null ? null : typeof of === 'string' ? of : JSON.stringify(of);
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
