import type { Type } from '../types/type.ts';
import { literal, type Sql, sql } from './sql.ts';

/** How an engine spells SQL: only what differs. `ansi` is the ground that each engine's dialect spreads from. */
export type Dialect = {
  readonly engine: string;
  /** Largest length of a name, in bytes of UTF-8. */
  readonly identifierLimit: number;
  readonly parameter: (index: number) => string;
  readonly quoteName: (name: string) => string;
  readonly quoteText: (text: string) => string;
  /** Type of a staging or bookkeeping column. */
  readonly bigint: string;
  readonly timestamptz: string;
  /** Words that make a table of one session's that is emptied at commit or by us; read by merge. */
  readonly createTemporary: string;
  /** Does the engine keep keys and indexes cheaply? Else our tables have none, and merge joins by hashing. */
  readonly indexes: boolean;
  /**
   * The hidden column that finds a row again within a transaction that alone writes the table, faster than its key, and its
   * type. Null: merge goes by the key, and replaces rows by deleting and inserting.
   */
  readonly rowAddress: { readonly column: string; readonly type: string } | null;
  /** Does `(a, b) >= (1, 2)` compare rows in order, by an index where there is one? Else it is spelled out. */
  readonly comparesRows: boolean;
  /** After the columns of a table of current rows: room in its pages, so that updates stay within them. */
  readonly currentOptions: string;
  /** Behind the name of an index over a column that only grows down a table: one that costs next to nothing; null: none. */
  readonly growingIndex: string | null;
  /** Are rows inserted, updated and deleted through a view of one table, as by the table itself? Then layout `history` can be kept. */
  readonly updatableViews: boolean;
  /** Bytes of a table on disk; null where the engine does not say. */
  readonly tableBytes: ((schema: string, table: string) => Sql) | null;
  /**
   * Asks how far the server's own log is written, and how far a standby that may take over has it on disk: one row of texts
   * of whole numbers, `written` and `flushed` (null: there is no such standby now), and `is_named`: does the server itself say
   * which standbys may take over? Null: the engine has none.
   */
  readonly standing: Sql | null;
  /** Gives back what deleted rows of a table took, outside of transactions; null where the engine has no such statement. */
  readonly vacuum: ((schema: string, table: string) => Sql) | null;
  /**
   * Run at the start of a transaction that merges, and hold until its end: costs by which the planner goes to a large
   * table by its key, however large the batch.
   */
  readonly mergeSettings: readonly string[];
  /** Words that end a query of rows which stay as they are until the transaction's end; '' where the engine has none. */
  readonly shareRow: string;
  /** Words that end a query of rows about to be changed, and leave out those that others hold; '' where nobody waits for a row. */
  readonly freeRows: string;
  /**
   * What a session of ours that stands still can hold against its successor, and how it is ended. `settings`: run at the start of a
   * transaction, which then fails as a conflict where it would wait for long. `end`: of the sessions of the same name, role and
   * database it ends those that hold rows, each found by one of `from` (`table where ...`); where nobody can say who holds them, those
   * whose transactions stand still. Null: nobody waits for another's transaction.
   */
  readonly formerSessions: { readonly settings: readonly string[]; readonly end: (from: readonly Sql[]) => Sql } | null;
  /**
   * The first statement of a transaction that reads these tables in one view: until its end they stay the tables that they are, so
   * that nothing is read of one that came later, of which the view has no rows. Null: the engine's views have its tables, too.
   */
  readonly stillTables: ((tables: readonly (readonly [string, string])[]) => Sql) | null;
  /** Run, before or behind `mergeSettings`, where staged rows are grouped and joined with each other. */
  readonly groupSettings: readonly string[];
  /** Does it have the statement `merge` of the standard? Keys that change once in a batch are then merged by it. */
  readonly hasMerge: boolean;
  /** By what rows are sorted to come near the order of an index; need not be that order exactly, and is cheap. */
  readonly sortKey: (type: Type, expression: Sql) => Sql;
  /** Can a table go to another schema, and be renamed, with its indexes, while views show it? */
  readonly movesTables: boolean;
  /** Names (`name`) of the indexes of a table. */
  readonly indexNames: (schema: string, table: string) => Sql;
  /** Run at the start of a transaction that loads or compares whole tables. */
  readonly bulkSettings: readonly string[];
  /** Run, behind `mergeSettings`, where whole tables are read. */
  readonly scanSettings: readonly string[];
  /** Is the whole of the text of a pattern, spelled as `types/pattern.ts` does? */
  readonly matchesWhole: (text: Sql, pattern: string) => Sql;
  /** Run at the start of a transaction of definition: it waits for a lock no longer than others can wait behind it. */
  readonly briefLocks: readonly string[];
  /**
   * Sessions that hold locks on what is in these schemas, by name: pid, who, application, since (when their transaction
   * began) and asked (when their last statement did); null where nobody waits for locks.
   */
  readonly lockHolders: ((schemas: readonly string[]) => Sql) | null;
};

export const ansi: Omit<Dialect, 'engine'> = {
  identifierLimit: 63,
  parameter: (index) => `$${index}`,
  quoteName: (name) => `"${name.replaceAll('"', '""')}"`,
  quoteText: (text) => `'${text.replaceAll("'", "''")}'`,
  bigint: 'bigint',
  timestamptz: 'timestamp with time zone',
  createTemporary: 'create temporary table',
  indexes: false,
  rowAddress: null,
  comparesRows: false,
  currentOptions: '',
  growingIndex: null,
  updatableViews: false,
  tableBytes: null,
  vacuum: null,
  standing: null,
  mergeSettings: [],
  shareRow: '',
  freeRows: '',
  formerSessions: null,
  stillTables: null,
  groupSettings: [],
  hasMerge: false,
  sortKey: (_, expression) => expression,
  movesTables: false,
  indexNames: () => sql`select null as name where false`,
  bulkSettings: [],
  scanSettings: [],
  matchesWhole: (text, pattern) => sql`${text} ~ ${literal(`^(?:${pattern})$`)}`,
  briefLocks: [],
  lockHolders: null,
};
