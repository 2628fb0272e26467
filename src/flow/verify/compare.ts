import { list, literal, sql } from '../../sql/sql.ts';
import { type Bound, boundAfter, inRange, isSame, type KeyRange, rangesOf } from '../ranges/key-range.ts';
import { rangeColumns, type Side } from '../ranges/side.ts';
import {
  bucketOf,
  countRows,
  isEqual,
  nothing,
  type Tally,
  tallyByBucket,
  tallyByKey,
  tallyOf,
} from '../ranges/tally.ts';
import { type CompareOptions, type Comparison, rowsInRange, type Sides } from './comparison.ts';
import { type Counter, counter, nothingCompared } from './counter.ts';

/** A differing range of so many rows is read key by key; a larger one is halved. */
const rowsRead = 500;
/** Suspects wait for others, since judging some costs as much as judging one; but not longer than so many ranges. */
const rangesUnsettled = 20;
/**
 * Compares two sides range by range, and halves the ranges that differ until few rows are left, which are compared key by
 * key. Nothing is held but a range's bounds and some suspects, whatever the tables' size. Where the sides sort keys so
 * differently that ranges are of no use, or cannot be read by range, the whole is compared by the hash of the key instead.
 */
export async function compare(sides: Sides, lead: Side, options: CompareOptions): Promise<Comparison> {
  const [left, right] = await sides(async (side) => side.isOrdered);
  if (!left || !right) return compareWhole(sides, options);
  // A bound of another key, from before the model changed, leads nowhere: then it begins anew.
  const resume = options.resume?.from.length === rangeColumns(lead).length ? options.resume : null;
  const found = counter(options, resume?.soFar ?? nothingCompared);
  let ranges = 0;
  for await (const range of rangesOf(lead, options.rowsInRange ?? rowsInRange, resume?.from ?? null)) {
    await options.pace();
    await compareRange(sides, range, found);
    if (found.isOutOfOrder()) return compareWhole(sides, options);
    if (range.kind === 'unkeyed') continue;
    if (++ranges % rangesUnsettled === 0) await found.settle();
    if (found.isSettled()) await options.onRange?.(range.to, found.soFar());
  }
  await found.settle();
  return found.soFar();
}

async function compareRange(sides: Sides, range: KeyRange, found: Counter): Promise<void> {
  const [left, right] = await sides((side) => tallyOf(side, inRange(side, range)));
  found.count(left, right);
  if (!isEqual(left, right)) await descend(sides, range, [left, right], found);
}

async function descend(
  sides: Sides,
  range: KeyRange,
  [left, right]: readonly [Tally, Tally],
  found: Counter,
): Promise<void> {
  if (found.isEnough()) return found.leave();
  const rows = Math.max(left.rows, right.rows);
  const middle = rows <= rowsRead || range.kind === 'unkeyed' ? null : await middleOf(sides, range, left, right);
  if (middle === null || range.kind === 'unkeyed') {
    const [ofLeft, ofRight] = await sides((side) => tallyByKey(side, inRange(side, range)));
    return found.suspect(ofLeft, ofRight);
  }
  for (const half of [
    { ...range, to: middle },
    { ...range, from: middle },
  ]) {
    const tallies = await sides((side) => tallyOf(side, inRange(side, half)));
    if (!isEqual(...tallies)) await descend(sides, half, tallies, found);
  }
}

/** The key in the middle of the side that has more rows; null where it does not divide the range: rows of one key alone. */
async function middleOf(
  sides: Sides,
  range: Extract<KeyRange, { kind: 'keys' }>,
  left: Tally,
  right: Tally,
): Promise<Bound | null> {
  const rows = Math.max(left.rows, right.rows);
  const bounds = await sides((side) => boundAfter(side, range, Math.floor(rows / 2)));
  const middle = bounds[left.rows >= right.rows ? 0 : 1] ?? bounds[0] ?? bounds[1];
  return middle === null || isSame(middle, range.from) || isSame(middle, range.to) ? null : middle;
}

/**
 * Compares in two readings of each side: buckets by the hash of the key, then the keys in buckets that differ. For rows
 * without key, and keys that no index has in order.
 */
async function compareWhole(sides: Sides, options: CompareOptions): Promise<Comparison> {
  const found = counter(options, nothingCompared);
  await options.pace();
  const [some] = await sides(countRows);
  const buckets = Math.min(4_096, Math.max(1, Math.ceil(some / rowsRead)));
  await options.pace();
  const [ofLeft, ofRight] = await sides((side) => tallyByBucket(side, buckets));
  const open: number[] = [];
  for (const bucket of [...new Set([...ofLeft.keys(), ...ofRight.keys()])].toSorted((a, b) => a - b)) {
    const [left, right] = [ofLeft.get(bucket) ?? nothing, ofRight.get(bucket) ?? nothing];
    found.count(left, right);
    if (!isEqual(left, right)) open.push(bucket);
  }
  const rowsOf = (bucket: number) => Math.max(ofLeft.get(bucket)?.rows ?? 0, ofRight.get(bucket)?.rows ?? 0);
  while (open.length > 0) {
    if (found.isEnough()) {
      found.leave(open.length);
      break;
    }
    const next: number[] = [];
    let rows = 0;
    do {
      const bucket = open.shift() ?? 0;
      next.push(bucket);
      rows += rowsOf(bucket);
    } while (open.length > 0 && rows + rowsOf(open[0] ?? 0) <= rowsHeld && next.length < 1_000);
    await options.pace();
    const within = (side: Side) => sql`${bucketOf(side, buckets)} in (${list(next.map((bucket) => literal(bucket)))})`;
    await found.suspect(...(await sides((side) => tallyByKey(side, null, within(side)))));
  }
  await found.settle();
  return found.soFar();
}

/** Rows of one side that are held at once, each as its key and hash. */
const rowsHeld = 50_000;
