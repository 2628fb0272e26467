import { readableKey, type Side, type Tally } from './side.ts';

/** `what`: `missing in store`, `missing in source`, `differs`. Never values, but those of the key. */
export type Sample = { readonly between: readonly [string, string]; readonly key: string; readonly what: string };

export function sampleOf(
  left: Side,
  right: Side,
  key: string,
  pair: { readonly left: Tally; readonly right: Tally },
): Sample {
  const what =
    pair.left.rows === 0
      ? `missing in ${left.where}`
      : pair.right.rows === 0
        ? `missing in ${right.where}`
        : pair.left.rows === pair.right.rows
          ? 'differs'
          : `${pair.left.rows} in ${left.where}, ${pair.right.rows} in ${right.where}`;
  return { between: [left.where, right.where], key: readableKey(left, key), what };
}
