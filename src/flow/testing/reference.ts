import type { Staged } from './fixture.ts';

/**
 * The same promises as merge's, as simply as they can be said: a map of rows, and a list of versions. Rows are
 * `[id, label, amount, ratio, body]` as PostgreSQL writes them.
 */
export type Row = readonly [number, string | null, string | null, string | null, string | null];

export type Reference = {
  readonly current: Map<number, { readonly row: Row; readonly from: bigint }>;
  readonly history: { readonly row: Row; readonly from: bigint; readonly to: bigint }[];
  readonly delta: { readonly ordinal: bigint; readonly key: number; readonly row: Row | null }[];
};

export function reference(): Reference {
  return { current: new Map(), history: [], delta: [] };
}

/** What the rows are after an ordinal: what differs from before becomes versions. */
export function step(kept: Reference, ordinal: bigint, after: ReadonlyMap<number, Row>): void {
  for (const key of new Set([...kept.current.keys(), ...after.keys()])) {
    const before = kept.current.get(key);
    const now = after.get(key);
    if (before === undefined && now === undefined) continue;
    if (before !== undefined && now !== undefined && isEqual(before.row, now)) continue;
    if (before !== undefined) kept.history.push({ row: before.row, from: before.from, to: ordinal });
    if (now === undefined) kept.current.delete(key);
    else kept.current.set(key, { row: now, from: ordinal });
    kept.delta.push({ ordinal, key, row: now ?? null });
  }
}

function isEqual(a: Row, b: Row): boolean {
  return a.every(
    (value, i) => value === b[i] || (i === 2 && value !== null && b[2] !== null && +value === +(b[2] ?? '')),
  );
}

export function referenceTables(kept: Reference) {
  const line = (row: Row, ...header: readonly (bigint | number)[]) =>
    [...row.map((value) => (value === null ? '~' : String(value))), ...header].join('|');
  return {
    current: [...kept.current.values()].map(({ row, from }) => line(row, from)).sort(),
    history: kept.history.map(({ row, from, to }) => line(row, from, to)).sort(),
    delta: kept.delta
      .map(({ ordinal, key, row }) => line(row ?? [key, null, null, null, null], ordinal, row === null ? 0 : 1))
      .sort(),
  };
}

/** A number in [0, 1) after another, the same for the same seed. */
export type Random = () => number;

/** mulberry32, https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One source transaction's changes, as a log would stage them; `rows` becomes what the source then holds. */
export function transaction(rnd: Random, ordinal: bigint, rows: Map<number, Row>): Staged[] {
  const changes: Staged[] = [];
  const below = (n: number) => Math.floor(rnd() * n);
  const upsert = (row: Row, unchanged = false) => {
    rows.set(row[0], row);
    const staged = unchanged ? row.with(4, null) : row;
    changes.push({ ordinal, op: 'upsert', row: staged, ...(unchanged ? { unchanged: [4] } : {}) });
  };
  const remove = (key: number, isMoved = false) => {
    rows.delete(key);
    changes.push({ ordinal, op: 'delete', row: [key, null, null, null, null], ...(isMoved ? { unchanged: [] } : {}) });
  };
  const move = (from: number, to: number) => {
    const [, ...rest] = rows.get(from) ?? fresh(below, from);
    remove(from, true);
    upsert([to, ...rest], below(2) === 0);
  };
  const touched = 1 + below(below(4) === 0 ? 12 : 4);
  for (let i = 0; i < touched; i++) {
    const key = below(25);
    const row = rows.get(key);
    const free = 100 + below(50);
    const kind = below(12);
    if (row === undefined) upsert(fresh(below, key));
    else if (kind < 6) {
      const next = fresh(below, key);
      // Half of them change only one value, or none.
      upsert(below(2) === 0 ? [row[0], below(3) === 0 ? row[1] : next[1], row[2], row[3], row[4]] : next, false);
    } else if (kind === 6) upsert([row[0], `t${below(3)}`, row[2], row[3], row[4]], true);
    else if (kind < 9) remove(key);
    else if (kind === 9) {
      if (!rows.has(free)) move(key, free);
    } else if (kind === 10) {
      const other = below(25);
      if (other !== key && rows.has(other) && !rows.has(free)) {
        move(key, free);
        move(other, key);
        move(free, other);
      }
    } else upsert([row[0], row[1], row[2]?.includes('.') ? `${row[2]}0` : row[2], row[3], row[4]]);
  }
  return changes;
}

function fresh(below: (n: number) => number, key: number): Row {
  const pick = <T>(...of: readonly T[]): T | null => of[below(of.length + 1)] ?? null;
  return [
    key,
    pick('a', 'ä', ''),
    pick('1.5', '7', '-3.25'),
    pick('NaN', '0.1', '-Infinity'),
    pick('{"k": 1}', '[null]'),
  ];
}
