import { ansi, type Dialect } from '../../sql/dialect.ts';
import { literal, sql } from '../../sql/sql.ts';

/** DuckDB limits no name; ours are cut where PostgreSQL's are, so that a table has one name on every engine. */
export const duckdbDialect: Dialect = {
  ...ansi,
  engine: 'duckdb',
  matchesWhole: (text, pattern) => sql`regexp_full_match(${text}, ${literal(pattern)})`,
};
