import type { CaptureName } from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import { sql, value } from '../../../sql/sql.ts';

/** What the source keeps of its log because of our slot. Sizes in bytes. */
export type Retention = {
  /** Since `restart_lsn`: all that is on its disk for us. */
  readonly kept: number;
  /** Since `confirmed_flush_lsn`: what we have not made durable yet. */
  readonly unread: number;
  /** How much more may come before the slot is given up; null: no bound, the disk fills up. */
  readonly safe: number | null;
  /** max_slot_wal_keep_size; null: none. */
  readonly limit: number | null;
  /** The transaction at the source that has been open longest: its start must be kept. */
  readonly oldest: { readonly pid: number; readonly minutes: number } | null;
};

/** Null: there is no slot, or it is lost. */
export async function readRetention(source: Connection, capture: CaptureName): Promise<Retention | null> {
  const [row] = await source.query(sql`
    select pg_wal_lsn_diff(l.now, s.restart_lsn)::float8 as kept, pg_wal_lsn_diff(l.now, s.confirmed_flush_lsn)::float8 as unread,
      s.safe_wal_size::float8 as safe, t.pid, t.minutes,
      (select nullif(setting::float8, -1) * 1048576 from pg_catalog.pg_settings where name = 'max_slot_wal_keep_size') as limit
    from pg_catalog.pg_replication_slots as s
    cross join (select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as now) as l
    left join (
      select pid, (extract(epoch from now() - xact_start) / 60)::int4 as minutes from pg_catalog.pg_stat_activity
      where backend_xid is not null order by xact_start limit 1) as t on true
    where s.slot_name = ${value(capture)} and s.restart_lsn is not null`);
  if (row === undefined) return null;
  const number = (of: unknown) => (of === null || of === undefined ? null : Number(of));
  const pid = number(row.pid);
  return {
    kept: Number(row.kept),
    unread: Number(row.unread),
    safe: number(row.safe),
    limit: number(row.limit),
    oldest: pid === null ? null : { pid, minutes: Number(row.minutes) },
  };
}

/** So much is worth a word where nothing bounds it. */
const muchBytes = 10 * 2 ** 30;

/** What should be done about it; null: nothing. */
export function retentionFinding(capture: CaptureName, label: string, of: Retention): Finding | null {
  const isNearEnd = of.limit !== null && of.safe !== null && of.safe < of.limit / 4;
  if (!isNearEnd && !(of.limit === null && of.kept >= muchBytes)) return null;
  const bound =
    of.limit === null
      ? 'and nothing bounds that: its disk may fill up'
      : `and gives the slot up after ${size(Math.max(0, of.safe ?? 0))} more (max_slot_wal_keep_size): its rows would have to be read anew`;
  const isHeldByOther = of.unread < of.kept / 2 && of.oldest !== null;
  const why = isHeldByOther
    ? `A transaction that has been open at the source for ${of.oldest?.minutes} minutes (process ${of.oldest?.pid}) makes it: end it.`
    : 'The streams of this source do not keep up, or one of them has stopped: mend it (freehold status), or take it out of the model.';
  const more = of.limit === null ? " A bound is set by  alter system set max_slot_wal_keep_size = '50GB'." : '';
  return finding({
    rule: 'log-kept',
    severity: 'warning',
    message: `${label} keeps ${size(of.kept)} of its log for replication slot '${capture}', ${bound}.`,
    help: why + more,
  });
}

function size(bytes: number): string {
  const mb = bytes / 2 ** 20;
  return mb < 1024 ? `${Math.round(mb)} MB` : `${(mb / 1024).toFixed(1)} GB`;
}
