import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { freehold } from './support/freehold.ts';

const file = fileURLToPath(new URL('../../shared/data/northwind/northwind.sql', import.meta.url));
const isThere = existsSync(file);
if (!isThere) console.warn('skipped: the Northwind database is not beside the project (../shared/data/northwind)');

/** Changes in plain SQL, each one transaction: updates, inserts, deletes, re-keys and swaps, over tables of every kind of key. */
const transactions = [
  `update customers set contact_name = 'Ana María ☂', phone = null where customer_id = 'ANATR';
   update orders set freight = freight * 2 where order_id % 7 = 0`,
  `insert into us_states values (100, 'Freeland', 'FL', 'nowhere'), (101, 'Ünïcode', null, null);
   delete from us_states where state_id in (1, 2, 3)`,
  `update order_details set quantity = quantity + 1 where order_id < 10260;
   delete from order_details where order_id = 10262`,
  `update us_states set state_id = state_id + 1000 where state_id between 10 and 20`,
  `update categories set picture = decode('00ff10', 'hex'), description = null where category_id = 1;
   insert into customer_demographics values ('x', 'a first row in an empty table')`,
  `update us_states set state_id = -1 where state_id = 30; update us_states set state_id = 30 where state_id = 31;
   update us_states set state_id = 31 where state_id = -1`,
  `insert into customer_demographics values ('y', null); delete from customer_demographics where customer_type_id = 'x'`,
  `update products set unit_price = unit_price; update customers set city = city where customer_id = 'ALFKI'`,
];

type Rows = ReadonlyMap<string, string>;
type Version = { readonly row: string; readonly from: number; readonly to: string };
const open = '9223372036854775807';

describe.runIf(isThere)('Northwind, a database that is not ours', () => {
  const root = mkdtempSync(join(tmpdir(), 'freehold-northwind-'));
  // The embedded server's account must be able to enter it.
  chmodSync(root, 0o755);
  // A slot is called by the environment and the connection, and tests that run at once share a server: no other is called so.
  const shop = join(root, 'northwind');
  let source: pg.Client;
  let keys: Map<string, string[]>;

  beforeAll(async () => {
    const server = await testServer();
    const database = await server.createDatabase('northwind');
    source = new pg.Client({ connectionString: server.url(database) });
    await source.connect();
    await source.query(readFileSync(file, 'utf8').replace(/^SET default_with_oids.*$/m, ''));
    await source.query('reset all');
    keys = await primaryKeys(source);
    await done(['init', 'northwind', '--from', server.url(database)], root);
  });

  afterAll(async () => {
    await source.query(
      `select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()`,
    );
    await source.end();
    rmSync(root, { recursive: true, force: true });
  });

  test('is described by init, passes check as generated, moves, and every change is there in every version', async () => {
    await done(['check'], shop);
    await done(['run', '--once'], shop);
    expect(await verified(shop)).toEqual({ status: 0, differences: 0, datasets: 14 });

    const moments = [await snapshot(source, keys)];
    for (const statements of transactions) {
      await source.query(`begin; ${statements}; commit`);
      moments.push(await snapshot(source, keys));
    }
    await done(['run', '--once'], shop);
    expect(await verified(shop)).toEqual({ status: 0, differences: 0, datasets: 14 });

    // One statement for all tables: each command opens databases and closes them again.
    const tables = [...keys.keys()];
    const all = (of: (table: string) => string) => tables.map(of).join(' union all ');
    const live = await query(
      shop,
      'live',
      all((t) => `select '${t}' as t, to_jsonb(t)::text as row from ${t} t`),
    );
    const versions = await query(
      shop,
      'audit',
      all((t) => versionsOf(t)),
    );
    const counted = await query(
      shop,
      'analysis',
      all((t) => `select '${t}' as t, count(*) as n from ${t}`),
    );
    for (const table of tables) {
      const states = moments.map((moment) => moment.get(table) ?? new Map<string, string>());
      const wanted = [...(states.at(-1)?.values() ?? [])];
      const of = (rows: readonly Record<string, unknown>[]) => rows.filter((row) => row.t === table);
      expect(
        of(live)
          .map((row) => String(row.row))
          .sort(),
        table,
      ).toEqual(wanted.sort());
      expect(sorted(of(versions).map(versionOf)), `versions of ${table}`).toEqual(sorted(expectedVersions(states)));
      expect(
        of(counted).map((row) => Number(row.n)),
        `${table} in DuckDB`,
      ).toEqual([wanted.length]);
    }
  });
});

async function primaryKeys(source: pg.Client): Promise<Map<string, string[]>> {
  const { rows } = await source.query<{ table: string; columns: string[] }>(
    `select c.relname as table, array_agg(a.attname::text order by a.attnum) as columns
     from pg_index i join pg_class c on c.oid = i.indrelid
     join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
     where i.indisprimary and c.relnamespace = 'public'::regnamespace group by 1`,
  );
  return new Map(rows.map((row) => [row.table, row.columns]));
}

/** Table -> key -> row, each as text. */
async function snapshot(source: pg.Client, keys: Map<string, string[]>): Promise<Map<string, Rows>> {
  const tables = new Map<string, Rows>();
  for (const [table, key] of keys) {
    const { rows } = await source.query<{ key: string; row: string }>(
      `select jsonb_build_array(${key.join(', ')})::text as key, to_jsonb(t)::text as row from ${table} t`,
    );
    tables.set(table, new Map(rows.map(({ key: k, row }) => [k, row])));
  }
  return tables;
}

/** What history must hold, from the table's states after each transaction: the load is ordinal 1, each transaction the next. */
function expectedVersions(states: readonly Rows[]): Version[] {
  const versions: Version[] = [];
  const current = new Map<string, { row: string; from: number }>();
  states.forEach((state, i) => {
    for (const key of new Set([...current.keys(), ...state.keys()])) {
      const before = current.get(key);
      const row = state.get(key);
      if (before?.row === row) continue;
      if (before !== undefined) versions.push({ ...before, to: String(i + 1) });
      if (row === undefined) current.delete(key);
      else current.set(key, { row, from: i + 1 });
    }
  });
  return [...versions, ...[...current.values()].map((version) => ({ ...version, to: open }))];
}

function sorted(versions: readonly Version[]): string[] {
  return versions.map((version) => JSON.stringify([version.row, version.from, version.to])).sort();
}

async function verified(directory: string): Promise<{ status: number; differences: unknown; datasets: number }> {
  const { status, out } = await freehold(['verify', '--json'], directory);
  const document: { differences: number; datasets: unknown[] } = JSON.parse(out);
  return { status, differences: document.differences, datasets: document.datasets.length };
}

async function query(directory: string, group: string, sql: string): Promise<Record<string, unknown>[]> {
  const out = await done(['query', `main/insight/reporting.${group}`, sql, '--json'], directory);
  const document: { rows: Record<string, unknown>[] } = JSON.parse(out);
  return document.rows;
}

function versionsOf(table: string): string {
  const ours = `array['fh_from', 'fh_to', 'fh_from_at', 'fh_to_at']`;
  return `select '${table}' as t, (to_jsonb(v) - ${ours})::text as row, fh_from, fh_to from ${table}_history v`;
}

function versionOf(row: Record<string, unknown>): Version {
  return { row: String(row.row), from: Number(row.fh_from), to: String(row.fh_to) };
}

/** Runs a command that must succeed; where it does not, the test shows what it said. */
async function done(arguments_: readonly string[], directory: string): Promise<string> {
  const { status, out, err } = await freehold(arguments_, directory);
  expect(status, err).toBe(0);
  return out;
}
