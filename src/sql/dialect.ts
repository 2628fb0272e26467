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
  /** Does the engine enforce a primary key cheaply, and have `insert ... on conflict (key) do update`? Else merge deletes, then inserts. */
  readonly upsert: boolean;
};

export const ansi: Omit<Dialect, 'engine'> = {
  identifierLimit: 63,
  parameter: (index) => `$${index}`,
  quoteName: (name) => `"${name.replaceAll('"', '""')}"`,
  quoteText: (text) => `'${text.replaceAll("'", "''")}'`,
  bigint: 'bigint',
  timestamptz: 'timestamp with time zone',
  createTemporary: 'create temporary table',
  upsert: false,
};
