import { EngineError } from '../../engine/connection.ts';
import { ansi, type Dialect } from '../../sql/dialect.ts';
import { list, literal, name, type Sql, sql, value } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';

/**
 * Where the server names synchronous standbys, one of those takes over: of `FIRST` the slowest of them is what any has, of
 * `ANY n` the n-th is what a commit has waited for. Else nobody says which takes over, so it is the slowest of all. Readers of
 * logical slots are in the same view, and none of them takes over. https://www.postgresql.org/docs/current/monitoring-stats.html
 */
const standbys = sql`select cast(pg_current_wal_insert_lsn() - '0/0' as text) as written, (
    select cast(case
        when current_setting('synchronous_standby_names') = '' then min(r.flush_lsn)
        when bool_or(r.sync_state = 'sync') then min(r.flush_lsn) filter (where r.sync_state = 'sync')
        else (array_agg(r.flush_lsn order by r.flush_lsn desc) filter (where r.sync_state = 'quorum'))
          [coalesce(cast(substring(current_setting('synchronous_standby_names') from '(?i)^\\s*any\\s+(\\d+)') as integer), 1)]
      end - '0/0' as text)
    from pg_stat_replication r
    where r.state = 'streaming' and r.flush_lsn is not null
      and r.pid not in (select s.active_pid from pg_replication_slots s where s.slot_type = 'logical' and s.active)
  ) as flushed, current_setting('synchronous_standby_names') <> '' as is_named`;

/** Of a server of PostgreSQL's version, as in 150004. */
export function dialectOf(version: number): Dialect {
  return version >= 150_000 ? postgresDialect : { ...postgresDialect, hasMerge: false };
}

export const postgresDialect: Dialect = {
  ...ansi,
  engine: 'postgres',
  indexes: true,
  rowAddress: { column: 'ctid', type: 'tid' },
  comparesRows: true,
  quoteName,
  currentOptions: 'with (fillfactor = 80)',
  growingIndex: 'brin',
  movesTables: true,
  updatableViews: true,
  indexNames: (schema, table) =>
    sql`select indexname as name from pg_indexes where schemaname = ${value(schema)} and tablename = ${value(table)}`,
  tableBytes: (schema, table) =>
    sql`pg_total_relation_size(to_regclass(format('%I.%I', cast(${value(schema)} as text), cast(${value(table)} as text))))`,
  standing: standbys,
  vacuum: (schema, table) => sql`vacuum (analyze) ${name(schema, table)}`,
  // With the default costs the planner reads a whole table once a batch passes one or two percent of it, and compiling
  // costs more than these statements take.
  mergeSettings: [
    'set local jit = off',
    'set local enable_seqscan = off',
    'set local enable_hashjoin = off',
    'set local enable_mergejoin = off',
    "set local work_mem = '64MB'",
  ],
  shareRow: 'for share',
  formerSessions: {
    settings: ["set local lock_timeout = '10s'"],
    end: endHolders,
  },
  freeRows: 'for update skip locked',
  stillTables: (tables) => sql`lock table ${list(tables.map((table) => name(...table)))} in access share mode`,
  groupSettings: ['set local jit = off', 'set local enable_hashjoin = on', "set local work_mem = '64MB'"],
  hasMerge: true,
  // Comparing bytes is many times faster than by a language's rules.
  sortKey: (type, expression) => (isText(type) ? sql`${expression} collate "C"` : expression),
  scanSettings: ['set local enable_seqscan = on', 'set local enable_hashjoin = on', 'set local enable_mergejoin = on'],
  // `***:` says of what follows that it is an advanced regular expression, whatever the server's regex_flavor.
  matchesWhole: (text, pattern) => sql`${text} collate "C" ~ ${literal(`***:^(?:${pattern})$`)}`,
  bulkSettings: ['set local jit = off', "set local work_mem = '256MB'", "set local maintenance_work_mem = '256MB'"],
  briefLocks: ["set local lock_timeout = '300ms'"],
  // Of other roles' sessions only a member of pg_read_all_stats is told since when; that they hold it, everyone.
  lockHolders: (
    schemas,
  ) => sql`select a.pid, coalesce(a.usename, '?') as who, coalesce(a.application_name, '') as application,
      to_char(min(a.xact_start) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as since,
      to_char(min(a.query_start) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as asked,
      string_agg(distinct n.nspname || '.' || k.relname, ', ') as tables
    from pg_catalog.pg_locks l
    join pg_catalog.pg_class k on k.oid = l.relation
    join pg_catalog.pg_namespace n on n.oid = k.relnamespace
    join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'relation' and l.granted and l.pid <> pg_catalog.pg_backend_pid()
      and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
      and n.nspname = any (cast(${value([...schemas])} as text[]))
    group by a.pid, a.usename, a.application_name
    order by min(a.xact_start), a.pid`,
};

/**
 * A row says by `xmax` which transaction holds it, and that transaction is in `pg_locks` for as long as it is under way. Where
 * several share the row, `xmax` is the number of their group, which nobody may ask for: then those of ours are ended that
 * wait for their client, and no merge that goes on.
 */
function endHolders(from: readonly Sql[]): Sql {
  const rows = list(
    from.map((one) => sql`select xmax as by from ${one}`),
    ' union all ',
  );
  return sql`with held as materialized (
    select r.by, exists (select from pg_catalog.pg_locks l
      where l.locktype = 'transactionid' and l.granted and l.transactionid = r.by) as is_known
    from (${rows}) r
  ), ours as materialized (
    select a.pid, (a.state like 'idle in transaction%' or a.wait_event_type = 'Client')
        and a.state_change < clock_timestamp() - interval '5 seconds' as is_still,
      exists (select from held h join pg_catalog.pg_locks l on l.transactionid = h.by
        where l.locktype = 'transactionid' and l.granted and l.pid = a.pid) as holds
    from pg_catalog.pg_stat_activity a
    where a.application_name = current_setting('application_name') and a.usename = current_user
      and a.datname = current_database() and a.xact_start is not null and a.pid <> pg_catalog.pg_backend_pid()
  )
  select count(*) from (select pg_catalog.pg_terminate_backend(pid) from ours
    where holds or (is_still and not exists (select from held where is_known))) ended`;
}

function isText({ kind }: Type): boolean {
  return kind === 'text' || kind === 'varchar' || kind === 'char' || kind === 'enum';
}

/** PostgreSQL cuts a longer name with a mere notice, so that two names become one: refused here instead. */
function quoteName(name: string): string {
  const bytes = Buffer.byteLength(name, 'utf8');
  if (bytes > ansi.identifierLimit || bytes === 0) {
    throw new EngineError(
      'statement',
      `the name '${name}' has ${bytes} bytes; PostgreSQL takes 1 to ${ansi.identifierLimit}.`,
    );
  }
  return ansi.quoteName(name);
}
