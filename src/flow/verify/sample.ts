import { readableKey, type Side } from '../ranges/side.ts';
import type { Difference } from './comparison.ts';

/**
 * A key whose rows differ. `what`: `missing in store`, `missing in source`, `differs`. `columns`: names of those that
 * differ, where it is known. Never values, but those of the key.
 */
export type Sample = {
  readonly between: readonly [string, string];
  readonly key: string;
  readonly what: string;
  readonly columns: readonly string[];
};

export function sampleOf(left: Side, right: Side, { key, columns, ...pair }: Difference): Sample {
  const what =
    pair.left.rows === 0
      ? `missing in ${left.where}`
      : pair.right.rows === 0
        ? `missing in ${right.where}`
        : pair.left.rows === pair.right.rows
          ? 'differs'
          : `${pair.left.rows} in ${left.where}, ${pair.right.rows} in ${right.where}`;
  return { between: [left.where, right.where], key: readableKey(left, key.text), what, columns };
}
