import { isEqual, type KeyTally, nothing, type Tally } from '../ranges/tally.ts';
import type { CompareOptions, Comparison, Difference, Suspect } from './comparison.ts';

export const nothingCompared: Comparison = {
  left: 0,
  right: 0,
  ranges: 0,
  differing: 0,
  unread: 0,
  moving: 0,
  erased: 0,
  isBehind: false,
  shown: [],
};

/** Counts what a comparison finds, and has suspects judged some at a time. */
export type Counter = ReturnType<typeof counter>;

const suspectsAtOnce = 500;
/** Past so many differing keys, ranges that differ are counted and not opened. */
const enoughKeys = 10_000;
const shownKeys = 10;

export function counter({ judge }: Pick<CompareOptions, 'judge'>, before: Comparison) {
  let { left, right, ranges, differing, unread, moving, erased, isBehind } = before;
  const shown: Difference[] = [...before.shown];
  let suspects: Suspect[] = [];
  let cleared = 0;

  async function settle(): Promise<void> {
    const judging = suspects;
    suspects = [];
    for (let from = 0; from < judging.length; from += suspectsAtOnce) {
      const judged = await judge(judging.slice(from, from + suspectsAtOnce));
      differing += judged.different.length;
      moving += judged.moving;
      erased += judged.erased ?? 0;
      isBehind ||= judged.isBehind;
      cleared += judged.cleared;
      shown.push(...judged.different.slice(0, shownKeys - shown.length));
    }
  }

  return {
    settle,
    isSettled: () => suspects.length === 0,
    count(ofLeft: Tally, ofRight: Tally): void {
      ranges++;
      left += ofLeft.rows;
      right += ofRight.rows;
    },
    async suspect(ofLeft: ReadonlyMap<string, KeyTally>, ofRight: ReadonlyMap<string, KeyTally>): Promise<void> {
      for (const [text, { key }] of new Map([...ofLeft, ...ofRight])) {
        const pair = { left: ofLeft.get(text)?.tally ?? nothing, right: ofRight.get(text)?.tally ?? nothing };
        if (!isEqual(pair.left, pair.right)) suspects.push({ key, ...pair });
      }
      if (suspects.length >= suspectsAtOnce) await settle();
    },
    isEnough: () => differing >= enoughKeys,
    /** Ranges that differ, and are left at that. */
    leave(some = 1): void {
      unread += some;
    },
    /** Are the ranges of one side so far from the other's that most of what is read is equal after all? */
    isOutOfOrder: () => cleared > 2_000 && cleared > (left + right) / 20,
    soFar: (): Comparison => ({ left, right, ranges, differing, unread, moving, erased, isBehind, shown: [...shown] }),
  };
}
