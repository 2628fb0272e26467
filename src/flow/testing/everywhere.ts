import type { Connection } from '../../engine/connection.ts';
import { name, sql } from '../../sql/sql.ts';

/** Tables of a database in which one of the texts is somewhere, in whichever column, `freehold`'s own among them. */
export async function tablesWithText(c: Connection, texts: readonly string[]): Promise<readonly string[]> {
  const tables = await c.query(sql`select table_schema, table_name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`);
  const found: string[] = [];
  for (const { table_schema: schema, table_name: table } of tables) {
    const at = name(String(schema), String(table));
    const rows = await c.query(sql`select cast(t as varchar) as line from ${at} t`);
    const all = rows.map(({ line }) => String(line)).join('\n');
    if (texts.some((text) => all.includes(text))) found.push(`${String(schema)}.${String(table)}`);
  }
  return found;
}
