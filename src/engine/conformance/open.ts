import { sql } from '../../sql/sql.ts';
import type { Connection } from '../connection.ts';
import type { Access, Engine } from '../engine.ts';

/** A session with a database of its own where the schema `conformance` is empty. */
export type OpenConnection = () => Promise<Connection>;

export function openFresh(engine: Engine, access: () => Promise<Access>): OpenConnection {
  return async () => {
    const c = await engine.connect(await access(), 'conformance');
    await c.execute(sql`drop schema if exists conformance cascade`);
    await c.execute(sql`create schema conformance`);
    return c;
  };
}

/** Rows in the csv transport; null is an unquoted empty field. */
export function csv(rows: readonly (readonly (string | null)[])[]): Buffer {
  const field = (text: string | null) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`);
  return Buffer.from(rows.map((row) => `${row.map(field).join(',')}\n`).join(''));
}
