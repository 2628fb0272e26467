/**
 * What every session of ours starts with, whatever the server's or account's defaults, so that texts and results are the
 * same everywhere. sql_mode: names in double quotes, `||` joins texts, a backslash is a backslash, and bad values are
 * errors. innodb_lock_wait_timeout and lock_wait_timeout stay the server's.
 */
export const settings: readonly string[] = [
  "set session sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
  'set names utf8mb4 collate utf8mb4_bin',
  "set session time_zone = '+00:00'",
  'set session autocommit = 1',
  'set session transaction isolation level read committed',
  'set session sql_auto_is_null = 0',
  'set session sql_safe_updates = 0',
  'set session sql_select_limit = default',
  // A reader that waits for a store, or between two statements, is no reason to end the session: seconds.
  'set session net_write_timeout = 31536000',
  'set session net_read_timeout = 31536000',
  'set session wait_timeout = 2147483',
];

/** Statements may take as long as they take. Each server refuses the other's word. */
export const patience: readonly string[] = ['set session max_statement_time = 0', 'set session max_execution_time = 0'];
