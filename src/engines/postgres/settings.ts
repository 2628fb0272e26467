/**
 * What every session of ours starts with, whatever the server, database or role says, so that texts and results are the
 * same everywhere. Settings that a version lacks are left out. row_security off: a statement that a policy would filter
 * fails rather than giving fewer rows. temp_buffers: what is staged is read more than once; only what is used is taken.
 */
export const settings = `select pg_catalog.set_config(wanted.name, wanted.setting, false), pg_catalog.pg_backend_pid() as pid,
  pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version
from (values
  ('client_encoding', 'UTF8'),
  ('standard_conforming_strings', 'on'),
  ('TimeZone', 'UTC'),
  ('DateStyle', 'ISO, YMD'),
  ('IntervalStyle', 'postgres'),
  ('extra_float_digits', '1'),
  ('bytea_output', 'hex'),
  ('search_path', 'pg_catalog'),
  ('temp_buffers', '32MB'),
  ('lock_timeout', '0'),
  ('statement_timeout', '0'),
  ('idle_in_transaction_session_timeout', '0'),
  ('idle_session_timeout', '0'),
  ('transaction_timeout', '0'),
  ('default_transaction_isolation', 'read committed'),
  ('row_security', 'off'),
  ('synchronous_commit', case pg_catalog.current_setting('synchronous_commit') when 'off' then 'on'
    else pg_catalog.current_setting('synchronous_commit') end)
) as wanted(name, setting)
where exists (select from pg_catalog.pg_settings as known where known.name = wanted.name)`;

/**
 * A closed session's statement ends at the server too, within two seconds. Servers before PostgreSQL 14, and those on
 * systems that cannot tell (Windows), refuse it.
 */
export const noticeClosing = `set client_connection_check_interval = '2s'`;
