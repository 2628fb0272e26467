import { digestJson, type Json } from '../../base/digest.ts';
import { must } from '../../base/must.ts';
import type { Capture } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { name, sql } from '../../sql/sql.ts';
import { applySettings, loadedDatasets } from '../bookkeeping.ts';
import { hashingOnBoth } from '../capture/row-hash.ts';
import { ensureBookkeeping, movedTo, noteMovedTo, readCheckpoint } from '../checkpoint.ts';
import { versionTables } from '../physical.ts';
import { buildIndexes, buildKey } from '../tables.ts';
import { changeStores } from './change.ts';
import { clearStream, tablesOf } from './clear.ts';
import { compareEarly, Differs } from './compare.ts';
import { copyParts, partsToMove } from './copy.ts';
import { drawNear } from './draw.ts';
import { copyFormerClocks } from './notes.ts';
import { forgetMove, type MovePart, noteIndexed, readMove, writeMove, writeMoveParts } from './record.ts';
import { type Moving, type Refusal, refusal, unknownIn } from './refusal.ts';
import { clockOf, dropIndexes, type MovedDataset, type MovedRows, makeAlike } from './resting.ts';

export type MoveOptions = {
  readonly nowMs: () => number;
  /** How the old store's tables are split; absent: each is one part. */
  readonly parts?: Capture['parts'];
  /** Called with each part that is here. */
  readonly onPart?: (parts: readonly MovePart[]) => void;
  /** Called at each boundary between steps; tests kill the process there. */
  readonly hook?: (step: string) => Promise<void>;
};

/**
 * moved: the new store has it, at this ordinal, and the old one refuses whoever comes; `left`: what the old store still has, as
 * statements that drop it. nothing: nothing of it is loaded. refused: why, and what to do; nothing was moved.
 */
export type Moved =
  | { readonly kind: 'moved'; readonly ordinal: bigint; readonly left: readonly string[] }
  | { readonly kind: 'nothing' }
  | Refusal;

/**
 * Moves a stream to another store with every version, its clock, what is noted of it and what waits.
 *
 * Several transactions. Before: it rests in the old store, where others go on merging. Its rows are copied part by part, each as it is then; what
 * changed meanwhile follows by its ordinals, until little is left. Then one transaction of each store, the old one's around the new
 * one's: the old store's fences whoever merges there, the new one's brings the rest, compares all with the old store, and writes
 * the checkpoint; the old store's says where the stream has gone. After: both have the same, at one ordinal and one position
 * of the source's log, and only the new one may go on.
 *
 * Cut before the new store's commit: the stream goes on where it was, and the next move has less to do. Cut between the two: the same, and what is in the
 * new store is a copy like any. Twice: nothing is left to copy. Errors: EngineError; Differs.
 */
export async function moveStream(
  old: Connection,
  now: Connection,
  moving: Moving,
  options: MoveOptions,
): Promise<Moved> {
  const { stream } = moving;
  const hook = options.hook ?? (() => Promise.resolve());
  const unknown = await unknownIn(old, moving);
  if (unknown !== null) return unknown;
  await ensureBookkeeping(old);
  await ensureBookkeeping(now);
  const loaded = await loadedDatasets(old, stream);
  const datasets = moving.datasets.filter(({ address }) => loaded.has(address));
  const refused = await refusal(old, now, moving, datasets);
  if (refused !== null) return refused;
  const shape = shapeOf(datasets);
  if (!(await isBegun(now, moving, shape))) await clearStream(now, stream, moving.datasets);
  if (datasets.length === 0) {
    await old.transaction(() => noteMovedTo(old, [stream], moving.toPlace));
    return { kind: 'nothing' };
  }
  const moved = await makeAlike(old, now, datasets);
  const clock = clockOf(stream);
  const all = [clock, ...moved.flatMap(({ current, closed }) => (closed === null ? [current] : [closed, current]))];
  await begin(old, now, moving, shape, moved, all, options);
  await hook('move begun');
  const ordinal = async () => must(await readCheckpoint(old, stream), `checkpoint of '${stream}'`).ordinal;
  const copying = { stream, ordinal, nowMs: options.nowMs, onPart: options.onPart ?? (() => undefined), hook };
  try {
    for (const rows of all) await copyParts(old, now, rows, copying);
    await buildAll(now, stream, moved);
    const hashings = await hashingOnBoth(old, now);
    await drawNear(old, now, moved, clock, copying);
    const compared = await compareEarly(old, now, stream, moved, hashings);
    await copyFormerClocks(
      old,
      now,
      stream,
      datasets.map(({ address }) => address),
    );
    const at = await changeStores(old, now, moving, { moved, clock, hashings, compared }, hook);
    await hook('moved');
    return { kind: 'moved', ordinal: at.ordinal, left: await leftIn(old, datasets) };
  } catch (failure) {
    if (failure instanceof Differs || isKeyShared(failure)) await forgetMove(now, stream);
    throw failure;
  }
}

/** Gives a stream back to the store that it was to move from: the new one's is a copy, with which nobody has gone on. */
export async function moveBack(old: Connection, streams: readonly string[]): Promise<void> {
  await ensureBookkeeping(old);
  await old.transaction(() => noteMovedTo(old, streams, null));
}

/** Rows of one key are here twice, since a table was rewritten between two parts. */
function isKeyShared(failure: unknown): boolean {
  return failure instanceof EngineError && failure.code === '23505';
}

/** Is there something of the same move to go on with? */
async function isBegun(now: Connection, { stream, fromPlace }: Moving, shape: string): Promise<boolean> {
  if ((await movedTo(now, stream)) !== null) return false;
  const known = await readMove(now, stream);
  return known !== null && known.fromPlace === fromPlace && known.shape === shape;
}

function shapeOf(datasets: readonly StreamDataset[]): string {
  const shape: Json = datasets.map(({ address, schema, current, key, columns }) => [
    address,
    schema,
    current,
    [...key],
    columns.map(({ name: column, type }) => [column, JSON.stringify(type)]),
  ]);
  return digestJson(shape);
}

/** Notes what there is to copy, once. */
async function begin(
  old: Connection,
  now: Connection,
  { stream, fromPlace }: Moving,
  shape: string,
  moved: readonly MovedDataset[],
  all: readonly MovedRows[],
  { parts: split }: MoveOptions,
): Promise<void> {
  if ((await readMove(now, stream)) !== null) return;
  for (const one of moved) await dropIndexes(now, one);
  const parts: MovePart[] = [];
  for (const rows of all) parts.push(...(await partsToMove(old, rows, split)));
  await now.transaction(async () => {
    await writeMove(now, stream, { fromPlace, shape, isIndexed: false });
    await writeMoveParts(now, stream, parts);
  });
}

/** Keys and indexes, once the rows are here. */
async function buildAll(now: Connection, stream: string, moved: readonly MovedDataset[]): Promise<void> {
  if ((await readMove(now, stream))?.isIndexed === true) return;
  await now.transaction(async () => {
    await applySettings(now, now.dialect.bulkSettings);
    for (const one of moved) {
      await buildKey(now, one.table);
      for (const physical of versionTables(now, one.table)) {
        await buildIndexes(now, physical);
        await now.execute(sql`analyze ${name(one.table.schema, physical.name)}`);
      }
    }
    await noteIndexed(now, stream);
  });
}

/** Statements that drop what the old store still has of datasets. */
async function leftIn(old: Connection, datasets: readonly StreamDataset[]): Promise<readonly string[]> {
  const quote = (one: string) => old.dialect.quoteName(one);
  const left: string[] = [];
  for (const dataset of datasets)
    for (const [kind, schema, named] of await tablesOf(old, dataset))
      left.push(`drop ${kind} ${quote(schema)}.${quote(named)};`);
  return left;
}
