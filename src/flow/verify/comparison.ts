import type { Bound } from '../ranges/key-range.ts';
import type { Side } from '../ranges/side.ts';
import type { Key, Tally } from '../ranges/tally.ts';

/**
 * Asks both sides the same. Each asking is of one moment, as near to the other side's as can be; two askings are of two
 * moments, so what they find different is a suspect and no more, where rows move.
 */
export type Sides = <T>(ask: (side: Side) => Promise<T>) => Promise<readonly [T, T]>;

export type Suspect = { readonly key: Key; readonly left: Tally; readonly right: Tally };

/** What became of suspects. `cleared`: equal after all. `moving`: changed at every look, so neither equal nor different. */
export type Judged = {
  readonly different: readonly Difference[];
  readonly cleared: number;
  readonly moving: number;
  /** Keys that are on the left alone, since they were erased here; absent: none. */
  readonly erased?: number;
  /** The right side had not come to where the left was looked at; what is unequal counts as moving. */
  readonly isBehind: boolean;
};

/** Rows of one key on the two sides; `columns`: names of those that differ, where both have the row once and it is known. */
export type Difference = Suspect & { readonly columns: readonly string[] };

export type Comparison = {
  /** Rows of the sides, as they were tallied. */
  readonly left: number;
  readonly right: number;
  readonly ranges: number;
  readonly differing: number;
  /** Ranges that differ and were not looked into: each holds one differing key or more. */
  readonly unread: number;
  readonly moving: number;
  /** Keys of the left side that were erased on the right. */
  readonly erased: number;
  readonly isBehind: boolean;
  /** Some of the differences, the first that were found. */
  readonly shown: readonly Difference[];
};

export type CompareOptions = {
  /** Says what of the suspects is different. */
  readonly judge: (suspects: readonly Suspect[]) => Promise<Judged>;
  /** Called before each range, and may wait: how much load this is. Rejects where it is to stop. */
  readonly pace: () => Promise<void>;
  /** Called after each range with where the next begins; null: at the end. */
  readonly onRange?: (next: Bound | null, soFar: Comparison) => Promise<void>;
  /** Where to go on, and what was found before. */
  readonly resume?: { readonly from: Bound; readonly soFar: Comparison };
  readonly rowsInRange?: number;
};

/** Few enough that a range is read in a blink, many enough that looking up bounds costs little beside it. */
export const rowsInRange = 20_000;
