import { bucketTallies, isEqual, keyTallies, nothing, type Side, type Tally } from './side.ts';

export type Comparison = {
  readonly left: number;
  readonly right: number;
  /** Key texts whose rows differ. */
  readonly differing: ReadonlyMap<string, { readonly left: Tally; readonly right: Tally }>;
  /** Buckets that differ and were not looked into: each holds one differing key or more. */
  readonly unread: number;
};

/** Enough to show and to read again; past it differing buckets are counted, not opened. */
const enoughKeys = 1_000;
/** Rows of one side that are held at once. */
const rowsAtOnce = 50_000;
const rowsInBucket = 500;

/**
 * Compares two sides bucket by bucket, then key by key in buckets that differ. Each side is read as its connection sees
 * it: in a transaction of the caller's. `expected` rows size the buckets; keys in `ignored` are not compared.
 */
export async function compare(
  left: Side,
  right: Side,
  expected: number,
  ignored: ReadonlySet<string> = new Set(),
): Promise<Comparison> {
  const buckets = Math.min(4_096, Math.max(1, Math.ceil(expected / rowsInBucket)));
  const [ofLeft, ofRight] = await Promise.all([bucketTallies(left, buckets), bucketTallies(right, buckets)]);
  const open = [...new Set([...ofLeft.keys(), ...ofRight.keys()])]
    .filter((bucket) => !isEqual(ofLeft.get(bucket) ?? nothing, ofRight.get(bucket) ?? nothing))
    .toSorted((a, b) => a - b);
  const rowsOf = (bucket: number) => Math.max(ofLeft.get(bucket)?.rows ?? 0, ofRight.get(bucket)?.rows ?? 0);

  const differing = new Map<string, { left: Tally; right: Tally }>();
  let next = 0;
  while (next < open.length && differing.size < enoughKeys) {
    const some: number[] = [];
    let rows = 0;
    do {
      const bucket = open[next++] ?? 0;
      some.push(bucket);
      rows += rowsOf(bucket);
    } while (next < open.length && rows + rowsOf(open[next] ?? 0) <= rowsAtOnce && some.length < 1_000);
    const [a, b] = await Promise.all([keyTallies(left, buckets, some), keyTallies(right, buckets, some)]);
    for (const key of new Set([...a.keys(), ...b.keys()])) {
      const pair = { left: a.get(key) ?? nothing, right: b.get(key) ?? nothing };
      if (!isEqual(pair.left, pair.right) && !ignored.has(key)) differing.set(key, pair);
    }
  }
  return { left: total(ofLeft), right: total(ofRight), differing, unread: open.length - next };
}

function total(of: ReadonlyMap<number, Tally>): number {
  return [...of.values()].reduce((sum, { rows }) => sum + rows, 0);
}
