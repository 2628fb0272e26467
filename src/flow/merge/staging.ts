import { digestJson } from '../../base/digest.ts';
import { type StagedShape, stagedColumns } from '../../engine/capture.ts';
import { type Connection, EngineError, type Transport } from '../../engine/connection.ts';
import type { Table, TableColumn } from '../../plan/plan.ts';
import { render } from '../../sql/render.ts';
import { empty, list, name, type Sql, sql, words } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';
import { keyColumns } from '../key.ts';
import { type Quarantined, seenRows } from '../quality/quarantine.ts';

/**
 * Temporary tables of one session for one dataset: `table` takes a batch's rows as they come, `changes` what merge finds
 * in them. All are empty between batches.
 */
export type Staging = {
  readonly dataset: Table & Quarantined;
  readonly table: string;
  readonly changes: string;
  /** Takes the staged rows of keys that are there more than once, during a merge; only where the engine has `merge`. */
  readonly repeated: string;
  readonly shape: StagedShape;
};

/** Makes the staging tables of this session for the dataset and shape, where they are not, and empties them. */
export async function openStaging(c: Connection, dataset: Table & Quarantined, shape: StagedShape): Promise<Staging> {
  const physical = dataset.columns.map((column) => ({
    name: column.name,
    type: render(c.types.physical(column.type), c.dialect).text,
  }));
  const wire = shape.columns.map((column) => ({ name: column.name, type: column.wire }));
  // A new shape has another name: what an open transaction made or undid can never be taken for it.
  const id = digestJson([dataset.address, dataset.key, physical, shape.transport, wire]).slice(0, 16);
  const staging = {
    dataset,
    table: `fh_staged_${id}`,
    changes: `fh_changes_${id}`,
    repeated: `fh_repeated_${id}`,
    shape,
  };
  const columns = (of: readonly { readonly name: string; readonly type: string }[]) =>
    list(
      of.map((column) => sql`${name(column.name)} ${words(column.type)}`),
      ',\n  ',
    );
  const bigint = words(c.dialect.bigint);
  const { rowAddress } = c.dialect;
  const address = rowAddress === null ? empty : sql`fh_row ${words(rowAddress.type)},`;
  for (const table of c.dialect.hasMerge ? [staging.table, staging.repeated] : [staging.table]) {
    await c.execute(sql`${words(c.dialect.createTemporary)} if not exists ${name(table)} (
  fh_ordinal ${bigint}, fh_seq integer, fh_op smallint, fh_unchanged ${c.types.physical({ kind: 'binary' })},
  ${columns(wire)})`);
  }
  await c.execute(sql`${words(c.dialect.createTemporary)} if not exists ${name(staging.changes)} (
  fh_ordinal ${bigint}, fh_op smallint, fh_first boolean, fh_had boolean, fh_next ${bigint}, ${address}
  ${columns(physical)})`);
  await emptyStaging(c, staging);
  return staging;
}

export async function emptyStaging(c: Connection, staging: Staging): Promise<void> {
  await c.execute(sql`truncate ${name(staging.table)}`);
}

/** Takes the tables away: of a session that goes on for other datasets. */
export async function closeStaging(c: Connection, staging: Staging): Promise<void> {
  for (const table of [staging.table, staging.changes, staging.repeated])
    await c.execute(sql`drop table if exists ${name(table)}`).catch(() => undefined);
}

/** COPY of rows without header and trailer, which are added here; the number of rows. */
export function stageRows(c: Connection, staging: Staging, rows: AsyncIterable<Uint8Array>): Promise<number> {
  const columns = [...stagedColumns, ...staging.shape.columns.map((column) => column.name)];
  const { transport } = staging.shape;
  return c.copyIn([staging.table], columns, transport === 'binary' ? framed(rows) : rows, transport);
}

/** https://www.postgresql.org/docs/current/sql-copy.html: signature, flags and extension length; then the end mark. */
const binaryHeader = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const binaryTrailer = Buffer.from([0xff, 0xff]);

async function* framed(rows: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield binaryHeader;
  yield* rows;
  yield binaryTrailer;
}

/** The rows of a COPY without header and trailer, as they are staged. */
export function withoutFrame(copied: Buffer, transport: Transport): Buffer {
  return transport === 'binary' ? copied.subarray(binaryHeader.length, -binaryTrailer.length) : copied;
}

/** A truncate at the source: a delete of each key that is in the current table, waits in quarantine, or was staged before it. */
export async function stageTruncate(c: Connection, staging: Staging, ordinal: bigint, sequence: number): Promise<void> {
  const { dataset } = staging;
  if (dataset.key.length === 0) throw keylessChange(dataset);
  const keys = dataset.key.map((key) => name(key));
  const wires = dataset.key.map((key) => {
    const of = dataset.columns.find((column) => column.name === key);
    if (staging.shape.transport === 'csv' && of !== undefined) return c.types.toTransport(of.type, sql`c.${name(key)}`);
    const wire = staging.shape.columns.find((column) => column.name === key)?.wire;
    return wire === undefined ? sql`c.${name(key)}` : sql`cast(c.${name(key)} as ${words(wire)})`;
  });
  // A row that waits counts, also where its columns cannot hold it.
  const current = await seenRows(c, { ...dataset, columns: keyColumns(dataset) });
  await c.execute(sql`insert into ${name(staging.table)} (fh_ordinal, fh_seq, fh_op, ${list(keys)})
    select ${integer(ordinal)}, cast(${integer(BigInt(sequence))} as integer), 0, ${list(keys)}
    from (
      select ${list(wires)} from ${current} c
      union
      select ${list(keys)} from ${name(staging.table)} where fh_op = 1
    ) gone (${list(keys)})`);
}

export function keylessChange(dataset: Table): EngineError {
  return new EngineError(
    'statement',
    `the source updated, deleted or truncated rows of '${dataset.address}', which has no key, so Freehold cannot tell which ` +
      'rows these are; only added rows can be followed. Give the dataset a key, or read it with snapshot().',
  );
}

/** A shape whose columns are those of the dataset: physical types for `binary` and `text`, text for `csv`. */
export function wholeShape(c: Connection, columns: readonly TableColumn[], transport: Transport): StagedShape {
  const text = c.types.physical({ kind: 'text' });
  const wire = (column: TableColumn) =>
    render(transport === 'csv' ? text : c.types.physical(column.type), c.dialect).text;
  return {
    transport,
    columns: columns.map((column) => ({ name: column.name, wire: wire(column), type: column.type })),
  };
}

/** The value of a dataset's column in a staged row `s`, as its physical type; null where the shape has it no longer. */
export function stagedValue(c: Connection, shape: StagedShape, column: TableColumn): Sql {
  const physical = c.types.physical(column.type);
  const staged = shape.columns.find((one) => one.name === column.name);
  if (staged === undefined) return sql`cast(null as ${physical})`;
  const of = sql`s.${name(column.name)}`;
  if (shape.transport === 'csv') return c.types.fromTransport(column.type, of);
  return staged.wire === render(physical, c.dialect).text ? of : sql`cast(${of} as ${physical})`;
}
