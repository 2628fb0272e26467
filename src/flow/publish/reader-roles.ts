import { type Connection, EngineError } from '../../engine/connection.ts';
import { name, sql, value } from '../../sql/sql.ts';

/**
 * Makes the roles of readers that a server of our own lacks: there is no other administrator who could. They cannot log
 * in until somebody gives them a password. Another process may make one at the same moment: that is as good.
 */
export async function ensureReaderRoles(c: Connection, readers: readonly string[]): Promise<void> {
  for (const reader of readers) {
    const role = reader.slice(reader.indexOf(':') + 1);
    const [known] = await c.query(sql`select exists (select from pg_roles where rolname = ${value(role)}) as there`);
    if (known?.there === true) continue;
    await c.execute(sql`create role ${name(role)} nologin`).catch((error: unknown) => {
      if (!(error instanceof EngineError && madeMeanwhile.has(error.code))) throw error;
    });
  }
}

/** duplicate_object, or the catalogue's own unique index where both looked at the same moment. */
const madeMeanwhile: ReadonlySet<string | null> = new Set(['42710', '23505']);
