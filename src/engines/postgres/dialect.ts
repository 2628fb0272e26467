import { EngineError } from '../../engine/connection.ts';
import { ansi, type Dialect } from '../../sql/dialect.ts';
import { sql, value } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';

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
  tableBytes: (schema, table) =>
    sql`pg_total_relation_size(to_regclass(format('%I.%I', cast(${value(schema)} as text), cast(${value(table)} as text))))`,
  emptiedAtCommit: 'on commit delete rows',
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
    end: sql`select count(*) from (select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
      where application_name = current_setting('application_name') and usename = current_user and datname = current_database()
        and xact_start is not null and pid <> pg_catalog.pg_backend_pid()) ended`,
  },
  groupSettings: ['set local jit = off', 'set local enable_hashjoin = on', "set local work_mem = '64MB'"],
  hasMerge: true,
  // Comparing bytes is many times faster than by a language's rules.
  sortKey: (type, expression) => (isText(type) ? sql`${expression} collate "C"` : expression),
  bulkSettings: ['set local jit = off', "set local work_mem = '256MB'", "set local maintenance_work_mem = '256MB'"],
};

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
