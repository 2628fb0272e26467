/**
 * Links as numbers: a hash of the text in the upper 40 bits, what it leads to in the lower 24. Sorted, all links of a text
 * stand together. Two texts may have one hash: who follows a link looks where it came to.
 */
export type Pairs = {
  readonly add: (from: string, to: number) => void;
  /** All of them, once each, eight bytes each, low byte first. */
  readonly sorted: () => Buffer;
};

export const mostRecords = 2 ** 24;

export function pairsFrom(): Pairs {
  let words = new Uint32Array(1024);
  let count = 0;
  return {
    add: (from, to) => {
      if (to >= mostRecords) throw new Error('bug: more records than links can lead to');
      if (2 * count + 2 > words.length) {
        const more = new Uint32Array(words.length * 2);
        more.set(words);
        words = more;
      }
      const [high, low] = hashOf(from);
      words[2 * count] = ((low << 24) | to) >>> 0;
      words[2 * count + 1] = high;
      count++;
    },
    sorted: () => {
      const pairs = new BigUint64Array(words.buffer, 0, count).sort();
      let kept = 0;
      for (let i = 0; i < count; i++) if (kept === 0 || pairs[i] !== pairs[kept - 1]) pairs[kept++] = pairs[i] ?? 0n;
      return Buffer.from(words.buffer, 0, kept * 8);
    },
  };
}

/** The least and the most that a link of this text can be. */
export function rangeOf(from: string): readonly [least: bigint, most: bigint] {
  const [high, low] = hashOf(from);
  const least = (BigInt(high) << 32n) | (BigInt(low) << 24n);
  return [least, least | 0xffffffn];
}

/** Two lanes of multiplying and mixing, 32 and 8 bits of which are kept. */
function hashOf(text: string): readonly [high: number, low: number] {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return [a >>> 0, b & 0xff];
}

/** The index of the first number that is not below this one. */
export function lowerBound(numbers: BigUint64Array, least: bigint): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0n) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
