import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { PurgedTable } from '../../plan/plan.ts';
import { list, name, sql, value, words } from '../../sql/sql.ts';
import { instant } from '../bookkeeping.ts';
import { briefly } from '../locks.ts';
import { knownColumns } from '../physical.ts';
import { orBlocked } from '../publish/blocked.ts';
import { graceDays } from '../tables.ts';
import { noteUnread } from '../unread.ts';
import { versionsName } from '../versions.ts';
import { refuseDependants } from './dependants.ts';
import type { Kept } from './retyped.ts';

/**
 * Columns that no plan has any more. They stay where they are, and what they hold goes with the versions that it was of:
 * after as long as versions are asked to be kept, and thirty days at least.
 */

/**
 * Notes columns that this plan does not have and the last one had; and those that are back: nobody wrote them meanwhile, so
 * their values are to be read. For an apply, in one transaction; twice it does nothing.
 */
export async function noteRetired(c: Connection, kept: readonly Kept[]): Promise<void> {
  const schemas = [...new Set(kept.map(({ table }) => table.schema))];
  if (schemas.length === 0) return;
  const known = await knownColumns(c, schemas);
  await c.transaction(async () => {
    for (const { table } of kept)
      for (const named of [table.current, table.history, versionsName(c, table)]) {
        const there = known.get(`${table.schema}.${named}`);
        if (
          there === undefined ||
          (named !== versionsName(c, table) && known.has(`${table.schema}.${versionsName(c, table)}`))
        )
          continue;
        const wanted = new Set(table.columns.map((column) => column.name));
        const at = sql`table_schema = ${value(table.schema)} and table_name = ${value(named)} and kept_as = column_name`;
        for (const column of there.keys()) {
          if (column.startsWith('fh_') || wanted.has(column)) continue;
          await c.execute(sql`insert into freehold.fh_retired (address, table_schema, table_name, column_name, kept_as, "at")
            select ${value(table.address)}, ${value(table.schema)}, ${value(named)}, ${value(column)}, ${value(column)},
              cast(current_timestamp as ${words(c.dialect.timestamptz)})
            where not exists (select 1 from freehold.fh_retired where ${at} and column_name = ${value(column)})`);
        }
        const back = await c.query(sql`select column_name from freehold.fh_retired
          where ${at} and column_name in (${list([...wanted].map((column) => value(column)))})`);
        for (const row of back) {
          const column = String(row.column_name);
          await c.execute(sql`delete from freehold.fh_retired where ${at} and column_name = ${value(column)}`);
          if (named !== table.history) await noteUnread(c, table.address, column);
        }
      }
  });
}

/** Drops those whose time has come, each in a transaction of its own; errors among the findings: what others have built on. */
export async function purgeRetired(c: Connection, table: PurgedTable, nowMs: number): Promise<readonly Finding[]> {
  const [asked] = await c.query(sql`select count(*) as asked, count(*) - count(retention_ms) as for_ever,
      max(retention_ms) as longest
    from freehold.fh_retention where address = ${value(table.address)} and (until is null or until > ${instant(c, nowMs)})`);
  if (asked !== undefined && Number(asked.for_ever) > 0) return [];
  const keptMs = Math.max(Number(asked?.longest ?? 0), graceDays * 86_400_000);
  const due = await c.query(sql`select table_name, column_name, kept_as from freehold.fh_retired
    where address = ${value(table.address)} and "at" <= ${instant(c, nowMs - keptMs)} order by table_name, kept_as`);
  const findings: Finding[] = [];
  for (const row of due) {
    const at = {
      address: `${table.address}#${String(row.column_name)}`,
      schema: table.schema,
      table: String(row.table_name),
      column: String(row.kept_as),
    };
    findings.push(
      ...(await orBlocked(async () => {
        // Where nobody waits for locks, nobody else builds either: a file of DuckDB is ours.
        if (c.dialect.lockHolders !== null)
          await refuseDependants(c, at, `column '${at.column}' of table "${at.schema}"."${at.table}" is to go`);
        await briefly(c, [table.schema], async () => {
          await c.execute(
            sql`alter table if exists ${name(at.schema, at.table)} drop column if exists ${name(at.column)}`,
          );
          await c.execute(sql`delete from freehold.fh_retired where table_schema = ${value(at.schema)}
            and table_name = ${value(at.table)} and kept_as = ${value(at.column)}`);
        });
        return [];
      })),
    );
  }
  return findings;
}
