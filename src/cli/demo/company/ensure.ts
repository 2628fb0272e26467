import { must } from '../../../base/must.ts';
import type { Connection } from '../../../engine/connection.ts';
import { name, sql, value } from '../../../sql/sql.ts';
import { type Cell, generateCompany } from './generate.ts';
import { companySchema, companyTables } from './schema.ts';

/** The seed of the company that everyone sees. */
export const companySeed = 20260301;

/**
 * Fills an empty database with the company; one that has it already is left as it is, whatever happened to it since.
 * One transaction: who is killed in the middle leaves nothing. `rows`: how many there are now.
 */
export async function ensureCompany(
  connection: Connection,
  seed: number = companySeed,
): Promise<{ readonly filled: boolean; readonly rows: number }> {
  return connection.transaction(async () => {
    // Two demos that start at once: the second waits here and finds the work done.
    await connection.query(sql`select pg_catalog.pg_advisory_xact_lock(${value(7_365_013)}) is null as locked`);
    const [found] = await connection.query(sql`select pg_catalog.to_regclass('parcel.shifts') is not null as is_there`);
    if (found?.is_there === true) return { filled: false, rows: await countRows(connection) };
    for (const statement of companySchema) await connection.execute(statement);
    const generated = generateCompany(seed);
    let rows = 0;
    for (const [schema, table] of companyTables) {
      const given = must(generated[`${schema}.${table}`], `rows of ${schema}.${table}`);
      rows += await connection.copyIn([schema, table], await columnsOf(connection, schema, table), csv(given), 'csv');
    }
    for (const [schema, table] of companyTables) await connection.execute(sql`analyze ${name(schema, table)}`);
    return { filled: true, rows };
  });
}

async function countRows(connection: Connection): Promise<number> {
  let rows = 0;
  for (const [schema, table] of companyTables) {
    const [row] = await connection.query(sql`select count(*) as rows from ${name(schema, table)}`);
    rows += Number(row?.rows);
  }
  return rows;
}

async function columnsOf(connection: Connection, schema: string, table: string): Promise<readonly string[]> {
  const rows = await connection.query(sql`
    select column_name::text as name from information_schema.columns
    where table_schema = ${value(schema)} and table_name = ${value(table)} order by ordinal_position`);
  return rows.map((row) => String(row.name));
}

async function* csv(rows: readonly (readonly Cell[])[]): AsyncGenerator<Uint8Array> {
  const field = (cell: Cell) => (cell === null ? '' : `"${String(cell).replaceAll('"', '""')}"`);
  for (let from = 0; from < rows.length; from += 1_000) {
    const part = rows.slice(from, from + 1_000);
    yield Buffer.from(part.map((row) => `${row.map(field).join(',')}\n`).join(''));
  }
}
