import type { Bound } from '../ranges/key-range.ts';
import type { Comparison } from './comparison.ts';
import type { Sample } from './sample.ts';
import type { HistoryFound } from './versions.ts';

/** What one step of a dataset's verification found. Plain JSON, so that it can be kept. */
export type Part = {
  readonly step: string;
  readonly kind: 'source' | 'replica' | 'versions' | 'history';
  /** A replica's; null: the store. */
  readonly container: string | null;
  /** The replica's own, at the beginning. */
  readonly ordinal: string | null;
  /** Rows of the two sides; versions, where one place is looked at alone. */
  readonly left: number;
  readonly right: number;
  readonly ranges: number;
  readonly differences: number;
  readonly isPartial: boolean;
  readonly moving: number;
  readonly erased: number;
  readonly isBehind: boolean;
  readonly samples: readonly Sample[];
};

/** How far a verification has come: what is done, and the step that is being made. */
export type Kept = {
  readonly parts: readonly Part[];
  readonly open: { readonly step: string; readonly from: Bound; readonly soFar: Comparison } | null;
};

type Place = Pick<Part, 'step' | 'kind' | 'container' | 'ordinal'>;

export function partOfComparison(place: Place, found: Comparison, samples: readonly Sample[]): Part {
  const { left, right, ranges, differing, unread, moving, erased, isBehind } = found;
  return {
    ...place,
    left,
    right,
    ranges,
    differences: differing + unread,
    isPartial: unread > 0,
    moving,
    erased,
    isBehind,
    samples,
  };
}

export function partOfHistory(place: Place, found: HistoryFound): Part {
  const { versions, ranges, problems, isPartial, samples } = found;
  return {
    ...place,
    left: versions,
    right: versions,
    ranges,
    differences: problems,
    isPartial,
    moving: 0,
    erased: 0,
    isBehind: false,
    samples,
  };
}
