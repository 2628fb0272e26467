import { type StagedShape, stagedColumns } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { list, name, sql, value } from '../../sql/sql.ts';
import { closeStaging, openStaging, type Staging, stageRows, withoutFrame } from '../merge/staging.ts';
import { stagedLoosely } from '../quality/judge-rows.ts';
import { keyText } from '../quality/quarantine.ts';
import type { ErasedKeys } from './keys.ts';

/**
 * Takes the rows of erased keys out of what waits in an inbox: these are the log's bytes, so each piece is staged, as it would be to
 * be merged, and what is left of it written back. How many rows went. In the caller's transaction, in which nobody merges.
 *
 * A piece that cannot be staged (which may be why the stream is parked) stays as it is. Of that, and of what comes from now on, the
 * rows are left out when they are merged, as ever.
 */
export async function eraseInInbox(c: Connection, stream: string, dataset: Table, keys: ErasedKeys): Promise<number> {
  const mine = sql`stream = ${value(stream)} and address = ${value(dataset.address)} and rows is not null`;
  const pieces = await c.query(sql`select n, piece from freehold.fh_inbox_part where ${mine} order by n, piece`);
  const opened = new Map<string, Staging>();
  let gone = 0;
  for (const piece of pieces) {
    const at = sql`${mine} and n = ${value(String(piece.n))}::bigint and piece = ${value(Number(piece.piece))}`;
    const [row] = await c.query(sql`select shape, rows from freehold.fh_inbox_part where ${at}`);
    if (row === undefined || !Buffer.isBuffer(row.rows)) continue;
    const bytes = row.rows;
    const text = String(row.shape);
    await c.execute(sql`savepoint fh_piece`);
    try {
      const shape: StagedShape = JSON.parse(text);
      // One that was opened before is emptied.
      const staging = await openStaging(c, dataset, shape);
      opened.set(staging.table, staging);
      await stageRows(c, staging, once(bytes));
      const erased = await c.execute(sql`delete from ${name(staging.table)} s where exists (
        select 1 from ${name(keys.table)} k where k.fh_key = ${keyText(c, dataset, stagedLoosely(c, staging))})`);
      if (erased > 0) {
        const left = await bytesOf(c, staging);
        await c.execute(
          left.length === 0
            ? sql`delete from freehold.fh_inbox_part where ${at}`
            : sql`update freehold.fh_inbox_part set rows = ${value(left)} where ${at}`,
        );
      }
      await c.execute(sql`release savepoint fh_piece`);
      gone += erased;
    } catch (failure) {
      if (!(failure instanceof EngineError) || failure.isPassing) throw failure;
      await c.execute(sql`rollback to savepoint fh_piece`);
    }
  }
  for (const staging of opened.values()) await closeStaging(c, staging);
  return gone;
}

/** What is staged, as it came. */
async function bytesOf(c: Connection, { table, shape }: Staging): Promise<Buffer> {
  const columns = [...stagedColumns, ...shape.columns.map((column) => column.name)];
  const rows = sql`select ${list(columns.map((column) => name(column)))} from ${name(table)} order by fh_seq`;
  const chunks: Uint8Array[] = [];
  for await (const chunk of c.copyOut(rows, shape.transport)) chunks.push(chunk);
  return withoutFrame(Buffer.concat(chunks), shape.transport);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
