import { must } from '../../../base/must.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { StreamNode } from '../../../plan/plan.ts';
import { sql, value } from '../../../sql/sql.ts';
import { integer } from '../../bookkeeping.ts';
import { type Checkpoint, Fenced, ownEpoch } from '../../checkpoint.ts';
import { type Batch, bytesOfChunks, giveBack, type Part, takeParts } from '../batch.ts';
import type { Inbox } from './inbox.ts';

/** A batch on its way into the inbox: how many pieces of it are there, and their bytes. */
export type Appending = { readonly n: bigint; pieces: number; bytes: number };

export function nextBatch({ last }: Inbox): Appending {
  return { n: last + 1n, pieces: 0, bytes: 0 };
}

/**
 * Writes what waits of a batch into the inbox, as it came; it belongs to nothing until `appendBatch`. One transaction.
 * Cut: what is there of it goes when the batch is begun anew. Errors: Fenced.
 */
export function appendPieces(
  c: Connection,
  node: StreamNode,
  held: Checkpoint,
  appending: Appending,
  batch: Batch,
): Promise<void> {
  return c.transaction(async () => {
    await ownEpoch(c, held);
    await insertPieces(c, node, appending, batch);
  });
}

/**
 * Writes the rest of a batch, and with it the whole. One transaction. After: the log need not keep the batch. Errors:
 * Fenced.
 */
export function appendBatch(
  c: Connection,
  node: StreamNode,
  held: Checkpoint,
  inbox: Inbox,
  appending: Appending,
  batch: Batch,
): Promise<Inbox> {
  return c.transaction(async () => {
    await ownEpoch(c, held);
    await insertPieces(c, node, appending, batch);
    const { n, bytes } = appending;
    const position = must(batch.position, 'position');
    const { ordinal } = must(batch.steps.at(-1), 'step');
    const steps = JSON.stringify(batch.steps.map((step) => [String(step.ordinal), step.atMs]));
    await c.execute(sql`insert into freehold.fh_inbox_batch (stream, n, steps, position, bytes)
      values (${value(node.stream)}, ${integer(n)}, ${value(steps)}, ${value(position)}, ${value(bytes)})`);
    // A store that was put back may lack what the inbox had: nothing is to lie behind a hole.
    const isNext = await c.execute(sql`update freehold.fh_inbox
      set ordinal = ${integer(ordinal)}, position = ${value(position)}, bytes = bytes + ${integer(BigInt(bytes))}, last_n = ${integer(n)}
      where stream = ${value(node.stream)} and last_n = ${integer(inbox.last)} and ordinal = ${integer(inbox.ordinal)}`);
    if (isNext !== 1) throw new Fenced(node.stream);
    return { ...inbox, ordinal, position, bytes: inbox.bytes + bytes, last: n };
  });
}

async function insertPieces(c: Connection, node: StreamNode, appending: Appending, batch: Batch): Promise<void> {
  // Of one that was begun before, and did not become whole.
  if (appending.pieces === 0)
    await c.execute(sql`delete from freehold.fh_inbox_part
      where stream = ${value(node.stream)} and n = ${integer(appending.n)}`);
  for (const { dataset, parts } of takeParts(batch)) {
    const { address } = must(node.datasets[dataset], 'dataset');
    const hasUnchanged = batch.datasets.get(dataset)?.hasUnchanged === true;
    for (const part of parts) await insertPart(c, { stream: node.stream, address, hasUnchanged }, appending, part);
  }
}

async function insertPart(
  c: Connection,
  of: { readonly stream: string; readonly address: string; readonly hasUnchanged: boolean },
  appending: Appending,
  part: Part,
): Promise<void> {
  const header =
    () => sql`${value(of.stream)}, ${integer(appending.n)}, ${value(++appending.pieces)}, ${value(of.address)},
    ${value(JSON.stringify(part.shape))}, ${value(of.hasUnchanged)}`;
  if (part.kind === 'truncate') {
    await c.execute(sql`insert into freehold.fh_inbox_part (stream, n, piece, address, shape, has_unchanged, ordinal, seq)
      values (${header()}, ${integer(part.ordinal)}, ${value(part.sequence)})`);
    return;
  }
  for await (const bytes of bytesOfChunks(part.chunks)) {
    appending.bytes += bytes.length;
    await c.execute(sql`insert into freehold.fh_inbox_part (stream, n, piece, address, shape, has_unchanged, rows)
      values (${header()}, ${value(bytes)})`);
  }
  giveBack(part.chunks);
}
