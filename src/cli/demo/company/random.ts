import { must } from '../../../base/must.ts';

/** Numbers that a seed decides: the same on every machine (mulberry32). */
export type Random = {
  /** From 0 up to, not including, 1. */
  readonly unit: () => number;
  /** Whole, from `least` to `most`, both included. */
  readonly between: (least: number, most: number) => number;
  readonly isLucky: (chance: number) => boolean;
  readonly pick: <T>(from: readonly T[]) => T;
  readonly bytes: (length: number) => Buffer;
  readonly uuid: () => string;
};

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const between = (least: number, most: number) => least + Math.floor(unit() * (most - least + 1));
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => between(0, 255)));
  return {
    unit,
    between,
    bytes,
    isLucky: (chance) => unit() < chance,
    pick: (from) => must(from[between(0, from.length - 1)], 'something to pick'),
    uuid: () => {
      const raw = bytes(16);
      raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40;
      raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80;
      return raw.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    },
  };
}
