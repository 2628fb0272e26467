import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import type { StreamDataset, TableColumn } from '../../plan/plan.ts';
import { list, name, type Sql, sql, words } from '../../sql/sql.ts';
import { parseType } from '../../types/text.ts';
import { type Checkpoint, takeOver } from '../checkpoint.ts';
import { type Batch, type Merged, mergeBatch } from '../merge/merge.ts';
import { openStaging, stageRows, wholeShape } from '../merge/staging.ts';
import { buildKey, ensureTables } from '../tables.ts';

/** A session in a fresh database of the run's real PostgreSQL. */
export async function freshStore(hint = 'store'): Promise<Connection & { readonly again: () => Promise<Connection> }> {
  const server = await testServer();
  const database = await server.createDatabase(hint);
  const connection = await connect(server.access(database), 'flow test');
  return { ...connection, again: () => connect(server.access(database), 'flow test') };
}

/** `{ id: 'int32', note: 'text?' }`: a question mark makes a column nullable. */
export function dataset(
  named: string,
  key: readonly string[],
  columns: Readonly<Record<string, string>>,
  more: Partial<StreamDataset> = {},
): StreamDataset {
  return {
    address: `retail/sales/shop.${named}`,
    name: named,
    key,
    columns: Object.entries(columns).map(
      ([column, type]): TableColumn => ({
        name: column,
        from: column,
        type: must(parseType(type.replace('?', '')), `type '${type}'`),
        nullable: type.endsWith('?'),
      }),
    ),
    layout: 'split',
    schema: 'retail__sales__shop',
    current: named,
    history: `${named}__history`,
    delta: `${named}__delta`,
    from: { schema: 'public', table: named },
    appendOnly: key.length === 0,
    keepsDelta: true,
    ...more,
  };
}

/** A row as COPY text: fields as PostgreSQL writes them; null is null. */
export type Fields = readonly (string | number | null)[];

/** One staged change. `unchanged`: indexes of columns that the log left out; of a delete whose row goes on under another key none. */
export type Staged = {
  readonly ordinal: bigint;
  readonly op: 'delete' | 'upsert';
  readonly row: Fields;
  readonly unchanged?: readonly number[];
};

export async function openStream(c: Connection, datasets: readonly StreamDataset[]): Promise<Checkpoint> {
  for (const one of await ensureTables(c, datasets)) await buildKey(c, one);
  const held = await takeOver(c, 'retail/sales/shop');
  // Tests of merging begin after an initial load of nothing.
  return held;
}

/** Stages changes of one dataset and merges them up to `to`. */
export async function mergeChanges(
  c: Connection,
  one: StreamDataset,
  held: Checkpoint,
  changes: readonly Staged[],
  to: bigint,
): Promise<Merged> {
  const staging = await openStaging(c, one, wholeShape(c, one.columns, 'text'));
  await stageRows(c, staging, once(copyText(one, changes)));
  const batch: Batch = {
    held,
    to: { ordinal: to, position: null, identity: null },
    steps: steps(held.ordinal, to),
    staged: [{ staging, hasUnchanged: changes.some((change) => change.unchanged !== undefined) }],
  };
  return mergeBatch(c, [one], batch);
}

/** Ordinal n was committed n milliseconds after 2026. */
export function steps(after: bigint, to: bigint) {
  const found = [];
  for (let ordinal = after + 1n; ordinal <= to; ordinal++) {
    found.push({ ordinal, atMs: Date.UTC(2026, 0, 1) + Number(ordinal) });
  }
  return found;
}

export function copyText(one: StreamDataset, changes: readonly Staged[]): string {
  return changes
    .map((change, i) =>
      [
        String(change.ordinal),
        String(i + 1),
        change.op === 'delete' ? '0' : '1',
        unchangedBits(one, change.unchanged),
        ...change.row.map((field) => (field === null ? '\\N' : escaped(String(field)))),
      ].join('\t'),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
}

function unchangedBits(one: StreamDataset, unchanged: readonly number[] | undefined): string {
  if (unchanged === undefined) return '\\N';
  const bytes = Buffer.alloc(Math.ceil(one.columns.length / 8));
  for (const i of unchanged) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (0x80 >> (i & 7));
  return `\\\\x${bytes.toString('hex')}`;
}

export async function* once(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof text === 'string' ? Buffer.from(text) : text;
}

export type Tables = {
  readonly current: readonly string[];
  readonly history: readonly string[];
  readonly delta: readonly string[];
};

/** All rows of a dataset's tables, each as one text, in one order. */
export async function tablesOf(c: Connection, one: StreamDataset): Promise<Tables> {
  const columns = one.columns.map((column) => sql`coalesce(${name(column.name)}::text, '~')`);
  const rows = async (table: string, header: readonly Sql[]) => {
    const found = await c.query(sql`select concat_ws('|', ${list([...columns, ...header])}) as line
      from ${name(one.schema, table)}`);
    return found.map((row) => String(row.line)).sort();
  };
  return {
    current: await rows(one.current, [sql`fh_from`]),
    history: one.layout !== 'live' ? await rows(one.history, [sql`fh_from`, sql`fh_to`]) : [],
    delta: one.keepsDelta ? await rows(one.delta, [sql`fh_ordinal`, sql`fh_op`]) : [],
  };
}

/** Runs plain SQL of a test. */
export function run(c: Connection, text: string): Promise<number> {
  return c.execute(words(text));
}
