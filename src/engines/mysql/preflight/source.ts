import type { SourceTable } from '../../../engine/capture.ts';
import { type Connection, EngineError, type Row } from '../../../engine/connection.ts';
import { list, name, type Sql, sql, value, words } from '../../../sql/sql.ts';
import { columnsOf, columnTypeOf, type IsJson, jsonColumns } from '../catalogue.ts';
import { type Neutral, neutralType } from '../neutral.ts';
import { versionOf } from '../product.ts';

/** What the real server says of itself. */
export type SourceServer = {
  readonly version: string;
  readonly isMariadb: boolean;
  readonly database: string;
  /** `reader@%`, as grants name it. */
  readonly account: string;
  /** Global variables by lower-case name; one that the server lacks is absent. */
  readonly settings: ReadonlyMap<string, string>;
  /** Global privileges in upper case, as `show grants` writes them; `ALL PRIVILEGES` is one. */
  readonly rights: ReadonlySet<string>;
};

/** One table as the catalogue has it. */
export type FoundTable = {
  readonly kind: string;
  readonly storage: string;
  /** Columns of each unique index, and whether none of them may be null. */
  readonly uniques: readonly (readonly string[])[];
  /** Foreign keys by which a change of another table changes rows of this one. */
  readonly cascades: readonly { readonly constraint: string; readonly rule: string }[];
  readonly columns: ReadonlyMap<string, FoundColumn>;
  /** The server's answer to reading the wanted columns, of which no row is read; null: it may. */
  readonly refusal: string | null;
};

export type FoundColumn = {
  readonly physical: string;
  readonly neutral: Neutral;
  readonly nullable: boolean;
  readonly charset: string | null;
  readonly isVirtual: boolean;
};

const settingsAsked = [
  ...[
    'log_bin',
    'binlog_format',
    'binlog_row_image',
    'binlog_row_metadata',
    'binlog_expire_logs_seconds',
    'expire_logs_days',
  ],
  ...['binlog_row_value_options', 'binlog_transaction_compression', 'server_id'],
];

export async function readServer(connection: Connection): Promise<SourceServer> {
  const version = await versionOf(connection);
  const [row] = await connection.query(sql`select database() as db, current_user() as account`);
  const variables = await connection.query(
    sql`show global variables where variable_name in (${list(settingsAsked.map((one) => value(one)))})`,
  );
  return {
    version,
    isMariadb: version.includes('MariaDB'),
    database: String(row?.db),
    account: String(row?.account),
    settings: new Map(
      variables.map((one) => Object.values(one).map(String)).map(([n = '', v = '']) => [n.toLowerCase(), v]),
    ),
    rights: await globalRights(connection),
  };
}

/** Privileges on all of the server, of the account and of the roles that are active. */
async function globalRights(connection: Connection): Promise<ReadonlySet<string>> {
  const grants = await connection.query(await grantsStatement(connection));
  const rights = new Set<string>();
  for (const row of grants) {
    const [, granted = ''] = /^GRANT (.+?) ON \*\.\* TO /s.exec(String(Object.values(row)[0])) ?? [];
    for (const right of granted.split(',')) rights.add(right.trim().toUpperCase());
  }
  return rights;
}

/** MariaDB shows those of active roles by itself; MySQL when they are named. */
async function grantsStatement(connection: Connection): Promise<Sql> {
  if ((await versionOf(connection)).includes('MariaDB')) return sql`show grants`;
  const [row] = await connection.query(sql`select current_role() as roles`).catch(() => []);
  const roles = typeof row?.roles === 'string' ? row.roles : 'NONE';
  return roles === 'NONE' ? sql`show grants` : sql`show grants for current_user() using ${words(roles)}`;
}

/** In the order of the tables; null where there is no such table, or none that the account may see. */
export async function readTables(
  connection: Connection,
  tables: readonly SourceTable[],
): Promise<readonly (FoundTable | null)[]> {
  const isJson = await jsonColumns(connection);
  const found: (FoundTable | null)[] = [];
  for (const table of tables) found.push(await readTable(connection, table, isJson));
  return found;
}

async function readTable(connection: Connection, table: SourceTable, isJson: IsJson): Promise<FoundTable | null> {
  const at = sql`table_schema = ${value(table.schema)} and table_name = ${value(table.table)}`;
  const [row] = await connection.query(
    sql`select table_type as kind, coalesce(engine, '') as storage from information_schema.tables where ${at}`,
  );
  if (row === undefined) return null;
  const columns = new Map<string, FoundColumn>();
  for (const one of await connection.query(columnsOf(at))) columns.set(String(one.name), columnOf(one, isJson));
  const uniques = new Map<string, string[]>();
  for (const one of await connection.query(sql`
    select index_name as "index", column_name as name from information_schema.statistics
    where ${at} and non_unique = 0 and sub_part is null order by index_name, seq_in_index`)) {
    uniques.set(String(one.index), [...(uniques.get(String(one.index)) ?? []), String(one.name)]);
  }
  const cascades = await connection.query(sql`
    select constraint_name as name, delete_rule as del, update_rule as upd from information_schema.referential_constraints
    where constraint_schema = ${value(table.schema)} and table_name = ${value(table.table)}`);
  return {
    kind: String(row.kind),
    storage: String(row.storage),
    // Rows with a null in a unique index are not kept apart by it.
    uniques: [...uniques.values()].filter((of) => of.every((column) => columns.get(column)?.nullable === false)),
    cascades: cascades.flatMap(({ name: constraint, del, upd }) => {
      const rules = [
        ...(isCascade(del) ? [`on delete ${String(del).toLowerCase()}`] : []),
        ...(isCascade(upd) ? [`on update ${String(upd).toLowerCase()}`] : []),
      ];
      return rules.length === 0 ? [] : [{ constraint: String(constraint), rule: rules.join(', ') }];
    }),
    columns,
    refusal: await refusalOf(connection, table, columns),
  };
}

function isCascade(rule: unknown): boolean {
  return !['NO ACTION', 'RESTRICT'].includes(String(rule));
}

async function refusalOf(
  connection: Connection,
  table: SourceTable,
  found: ReadonlyMap<string, FoundColumn>,
): Promise<string | null> {
  const wanted = table.columns.filter((column) => found.has(column.from));
  if (wanted.length === 0) return null;
  try {
    await connection.query(
      sql`select ${list(wanted.map((column) => name(column.from)))} from ${name(table.schema, table.table)} limit 0`,
    );
    return null;
  } catch (failure) {
    if (failure instanceof EngineError && failure.kind === 'denied') return failure.message;
    throw failure;
  }
}

function columnOf(row: Row, isJson: IsJson): FoundColumn {
  return {
    physical: String(row.physical),
    neutral: neutralType(columnTypeOf(row, isJson)),
    nullable: Number(row.nullable) === 1,
    charset: typeof row.charset === 'string' ? row.charset : null,
    isVirtual: /virtual/i.test(String(row.extra)),
  };
}
