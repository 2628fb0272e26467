import type { Connection } from '../../engine/connection.ts';
import type { PurgedTable } from '../../plan/plan.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { bigintOrNull, instant, integer } from '../bookkeeping.ts';
import { ordinalAt } from '../handover/former.ts';

/** What is deleted at a time; the rows of a table of versions rest in order of their ends, so each part is together. */
const parts = 16n;

/**
 * Deletes the closed versions of a dataset that nobody may ask for any more: those that had ended by the ordinal of
 * `nowMs` less the longest retention that is asked for, or was within the days of grace; never beyond `passed`, the
 * slowest reader. The horizon is written first, as the ordinal from which on versions are complete, so that an earlier
 * instant is an error and never an empty answer. Own transactions. Cut: what is left goes the next time. The versions deleted.
 */
export async function purgeHistory(
  c: Connection,
  table: PurgedTable,
  passed: bigint | null,
  nowMs: number,
): Promise<number> {
  const horizon = await horizonOf(c, table.address, passed, nowMs);
  if (horizon === null) return 0;
  const history = name(table.schema, table.history);
  const [oldest] = await c.query(sql`select min(fh_to) as ended from ${history} where fh_to <= ${integer(horizon)}`);
  const ended = bigintOrNull(oldest?.ended);
  if (ended === null) return 0;
  const from = ended - 1n;
  await c.execute(sql`update freehold.fh_dataset set complete_from = ${integer(horizon)}
    where address = ${value(table.address)} and complete_from < ${integer(horizon)}`);
  let deleted = 0;
  for (let part = 1n; part <= parts; part++) {
    const upTo = from + ((horizon - from) * part) / parts;
    deleted += await c.execute(sql`delete from ${history} where fh_to <= ${integer(upTo)}`);
  }
  return deleted;
}

/** The last ordinal by which a version that had ended may go; null: none may. */
async function horizonOf(c: Connection, address: string, passed: bigint | null, nowMs: number): Promise<bigint | null> {
  const [kept] = await c.query(sql`select count(*) as asked, count(*) - count(retention_ms) as for_ever,
      max(retention_ms) as longest
    from freehold.fh_retention
    where address = ${value(address)} and (until is null or until > ${instant(c, nowMs)})`);
  if (kept === undefined || Number(kept.for_ever) > 0) return null;
  const keptMs = Number(kept.asked) === 0 ? 0 : Number(kept.longest);
  const [row] = await c.query(
    sql`select o.ordinal from (${ordinalAt(address, instant(c, nowMs - keptMs))} as ordinal) o`,
  );
  const ordinal = bigintOrNull(row?.ordinal);
  if (ordinal === null) return null;
  return passed !== null && passed < ordinal ? passed : ordinal;
}
