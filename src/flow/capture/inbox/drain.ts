import type { StagedShape } from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import { sql, value } from '../../../sql/sql.ts';
import { integer } from '../../bookkeeping.ts';
import type { Checkpoint } from '../../checkpoint.ts';
import type { Merged } from '../../merge/merge.ts';
import { type Batch, newBatch, type Part } from '../batch.ts';
import { mergeStaged, type StagingSession, stage } from '../staging-session.ts';
import type { Inbox } from './inbox.ts';

/** `bytes` came out of the inbox. */
export type Drained = { readonly bytes: number; readonly merged: Merged; readonly asOfMs: number };

/**
 * Merges the oldest batch of the inbox and takes it out, in one transaction; null: there is none. Before and cut: it is in
 * the inbox. After: in the rows. Errors: Fenced; EngineError, and the batch is where it was.
 */
export async function drainBatch(
  session: StagingSession,
  held: Checkpoint,
  inbox: Inbox,
  hook: (step: string) => Promise<void>,
): Promise<Drained | null> {
  const { node, store } = session;
  const [oldest] = await store.query(sql`select n, steps, position, bytes from freehold.fh_inbox_batch
    where stream = ${value(node.stream)} order by n limit 1`);
  if (oldest === undefined) return null;
  const n = BigInt(String(oldest.n));
  const bytes = Number(oldest.bytes);
  const batch: Batch = { ...newBatch(), position: String(oldest.position), steps: stepsOf(String(oldest.steps)) };
  await stagePieces(session, n, batch);
  const merged = await mergeStaged(session, batch, held, inbox.identity ?? held.identity ?? '', async () => {
    await takeOut(store, node.stream, n, bytes);
    await hook('before commit');
  });
  return { bytes, merged, asOfMs: batch.steps.at(-1)?.atMs ?? 0 };
}

/** One by one, so that memory holds one. Those of datasets that the stream has no longer are passed over. */
async function stagePieces(session: StagingSession, n: bigint, batch: Batch): Promise<void> {
  const { node, store } = session;
  const shapes = new Map<string, StagedShape>();
  const [last] = await store.query(sql`select coalesce(max(piece), 0) as piece from freehold.fh_inbox_part
    where stream = ${value(node.stream)} and n = ${integer(n)}`);
  for (let piece = 1; piece <= Number(last?.piece); piece++) {
    const [row] =
      await store.query(sql`select address, shape, rows, has_unchanged, ordinal, seq from freehold.fh_inbox_part
      where stream = ${value(node.stream)} and n = ${integer(n)} and piece = ${value(piece)}`);
    const dataset = node.datasets.findIndex(({ address }) => address === row?.address);
    if (row === undefined || dataset < 0) continue;
    const text = String(row.shape);
    // One object for one shape: by that the session knows its tables again.
    const shape: StagedShape = shapes.get(text) ?? JSON.parse(text);
    shapes.set(text, shape);
    const waiting = batch.datasets.get(dataset) ?? { parts: [], open: null, sequence: 0, hasUnchanged: false };
    waiting.hasUnchanged ||= row.has_unchanged === true;
    waiting.parts.push(partOf(row, shape));
    batch.datasets.set(dataset, waiting);
    // Nothing merges meanwhile: what a truncate finds is what the batch before has left.
    await stage(session, batch, () => Promise.resolve());
  }
}

function partOf(row: Readonly<Record<string, unknown>>, shape: StagedShape): Part {
  if (!Buffer.isBuffer(row.rows))
    return { kind: 'truncate', shape, ordinal: BigInt(String(row.ordinal)), sequence: Number(row.seq) };
  const chunk = { buffer: row.rows, length: row.rows.length, rows: 0, ordinal: 0n, sequence: 0, hasUnchanged: false };
  return { kind: 'rows', shape, chunks: [chunk] };
}

async function takeOut(c: Connection, stream: string, n: bigint, bytes: number): Promise<void> {
  for (const table of [sql`fh_inbox_part`, sql`fh_inbox_batch`])
    await c.execute(sql`delete from freehold.${table} where stream = ${value(stream)} and n = ${integer(n)}`);
  await c.execute(
    sql`update freehold.fh_inbox set bytes = bytes - ${integer(BigInt(bytes))} where stream = ${value(stream)}`,
  );
}

function stepsOf(text: string): Batch['steps'] {
  const pairs: readonly (readonly [string, number])[] = JSON.parse(text);
  return pairs.map(([ordinal, atMs]) => ({ ordinal: BigInt(ordinal), atMs }));
}
