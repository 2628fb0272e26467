import type { Connection } from '../../engine/connection.ts';
import { list, literal, type Sql, sql, value, words } from '../../sql/sql.ts';
import { endless } from '../bookkeeping.ts';

/**
 * Which streams counted a dataset's versions before the present one did. A dataset keeps its tables, versions and delta
 * when another stream takes it over, and their ordinals go on above the largest there was; what they mean as instants the
 * clock of the stream says that counted them.
 *
 * *until*: the former stream's last ordinal, and its last tick. From that instant on the next stream's clock counts; until
 * it, only the former's does, though the next one may have ticks before: streams that are joined go on from the position of
 * the one that lies behind.
 */
export type Former = {
  readonly address: string;
  readonly stream: string;
  readonly untilOrdinal: bigint;
  /** ms since 1970. */
  readonly untilMs: number;
};

/** In the order of their ordinals. */
export async function formersOf(c: Connection, addresses: readonly string[]): Promise<readonly Former[]> {
  if (addresses.length === 0) return [];
  const rows = await c.query(sql`select address, stream, until_ordinal,
      cast(extract(epoch from until_at) * 1000 as ${words(c.dialect.bigint)}) as until_ms
    from freehold.fh_former where address in (${list(addresses.map((address) => value(address)))})
    order by address, until_ordinal`);
  return rows.map((row) => ({
    address: String(row.address),
    stream: String(row.stream),
    untilOrdinal: BigInt(String(row.until_ordinal)),
    untilMs: Number(row.until_ms),
  }));
}

/** The ordinal that an instant means in a dataset's versions: the last step that the source had committed by then; null before all. */
export function ordinalAt(address: string, instant: Sql): Sql {
  const then = (of: Sql) => sql`(select ${of} from freehold.fh_former f
    where f.address = ${literal(address)} and f.until_at > ${instant} order by f.until_ordinal limit 1)`;
  return sql`select greatest(
      (select max(k.ordinal) from freehold.fh_clock k
        where k.stream = coalesce(${then(sql`f.stream`)}, ${streamNow(address)})
          and k.ordinal <= coalesce(${then(sql`f.until_ordinal`)}, ${literal(endless)}) and k."at" <= ${instant}),
      (select max(f.until_ordinal) from freehold.fh_former f
        where f.address = ${literal(address)} and f.until_at <= ${instant}))`;
}

/** The stream that counts a dataset's versions now. */
export function streamNow(address: string): Sql {
  return sql`(select d.stream from freehold.fh_dataset d where d.address = ${literal(address)})`;
}

/** The stream whose ordinal one of the dataset's is. */
export function streamOf(address: string, ordinal: Sql): Sql {
  return sql`coalesce((select f.stream from freehold.fh_former f
    where f.address = ${literal(address)} and f.until_ordinal >= ${ordinal} order by f.until_ordinal limit 1), ${streamNow(address)})`;
}

/** A dataset's own clock as a relation (ordinal, at): of each stream that counted it the ticks of its time. */
export function clockOf(address: string): Sql {
  return sql`(select k.ordinal, k."at" from freehold.fh_clock k join (
      select stream, until_ordinal, lag(until_ordinal, 1, 0) over (order by until_ordinal) as after_ordinal
      from (
        select stream, until_ordinal from freehold.fh_former where address = ${literal(address)}
        union all
        select stream, ${literal(endless)} from freehold.fh_dataset where address = ${literal(address)}) s
    ) s on k.stream = s.stream and k.ordinal > s.after_ordinal and k.ordinal <= s.until_ordinal)`;
}
