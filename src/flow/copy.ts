import { randomBytes } from 'node:crypto';
import { must } from '../base/must.ts';
import type { Connection, Transport } from '../engine/connection.ts';
import { list, name, type Sql, sql } from '../sql/sql.ts';
import type { Type } from '../types/type.ts';

/** A column on its way: `read` is its expression at the source, of the type's physical type there. */
export type CopiedColumn = { readonly name: string; readonly type: Type; readonly read: Sql };

/**
 * Copies rows from one database into a table of another, as bytes, those of a condition; the number of rows. Between PostgreSQL servers the
 * columns go as they are in COPY BINARY (all are of built-in types once read as physical types); between engines as csv,
 * through a temporary table of texts. Inside the callers' transactions.
 */
export async function copyRows(
  from: Connection,
  relation: Sql,
  columns: readonly CopiedColumn[],
  to: Connection,
  into: readonly [string, ...string[]],
  where: Sql = sql`true`,
): Promise<number> {
  const transport = sharedTransport(from, to);
  const names = columns.map((column) => column.name);
  const rows = from.copyOut(
    sql`select ${list(readAs(from, columns, transport))} from ${relation} where ${where}`,
    transport,
  );
  if (transport !== 'csv') return to.copyIn(into, names, rows, transport);
  const texts = `fh_copied_${randomBytes(6).toString('hex')}`;
  const text = to.types.physical({ kind: 'text' });
  await to.execute(
    sql`create temporary table ${name(texts)} (${list(names.map((column) => sql`${name(column)} ${text}`))})`,
  );
  await to.copyIn([texts], names, rows, 'csv');
  const values = columns.map((column) => to.types.fromTransport(column.type, sql`t.${name(column.name)}`));
  const copied = await to.execute(sql`insert into ${name(...into)} (${list(names.map((column) => name(column)))})
    select ${list(values)} from ${name(texts)} t`);
  await to.execute(sql`drop table ${name(texts)}`);
  return copied;
}

/** The best transport that both ends speak. */
export function sharedTransport(from: Connection, to: Connection): Transport {
  return must(
    from.types.transports.find((transport) => to.types.transports.includes(transport)),
    'a transport that both engines speak',
  );
}

/** The columns' expressions for a transport. */
export function readAs(from: Connection, columns: readonly CopiedColumn[], transport: Transport): readonly Sql[] {
  return columns.map((column) =>
    transport === 'csv' ? from.types.toTransport(column.type, column.read) : column.read,
  );
}
