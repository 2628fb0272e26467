import type { Connection } from '../../engine/connection.ts';
import { literal, name, sql, value } from '../../sql/sql.ts';
import { again } from '../bookkeeping.ts';

/**
 * Makes the roles of readers that a server of our own lacks: there is no other administrator who could. They cannot log
 * in until somebody gives them a password. Another session may make one at the same moment, since roles belong to the
 * whole server: that is as good.
 */
export async function ensureReaderRoles(c: Connection, readers: readonly string[]): Promise<void> {
  for (const reader of readers) await again(() => ensure(c, reader));
}

async function ensure(c: Connection, reader: string): Promise<void> {
  const role = reader.slice(reader.indexOf(':') + 1);
  const [known] = await c.query(sql`select exists (select from pg_roles where rolname = ${value(role)}) as there`);
  if (known?.there === true) return;
  await c.execute(sql`create role ${name(role)} nologin`);
  await c.execute(sql`comment on role ${name(role)} is ${literal(`Reader '${reader}' of a Freehold workspace.`)}`);
}
