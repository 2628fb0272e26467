import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { savepoints } from './savepoints.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

/** A transaction with savepoints in savepoints, as PostgreSQL numbers them: at the first write, a parent before its child. */
function* nested(below: (n: number) => number) {
  // Numbers go round in the middle of the test.
  let next = 2 ** 32 - 200;
  let stack: { xid: number | null }[] = [{ xid: null }];
  /** Those that ended well belong to the one they ended in. */
  const within = new Map<number, number[]>();
  const number = () => {
    next = (next + 1) % 2 ** 32;
    return next;
  };
  for (let i = 0; i < 3_000; i++) {
    const act = below(10);
    if (act < 5) {
      for (const level of stack) level.xid ??= number();
      yield { write: stack.at(-1)?.xid ?? 0 };
    } else if (act < 7) stack.push({ xid: null });
    else if (stack.length > 1) {
      const ended = stack.pop();
      const xid = ended?.xid ?? null;
      if (xid === null) continue;
      const parent = stack.at(-1);
      if (act === 7 && parent !== undefined) {
        // Released: it is part of its parent, which has a number since it has.
        const of = within.get(parent.xid ?? 0) ?? [];
        within.set(parent.xid ?? 0, [...of, xid]);
        continue;
      }
      const gone: number[] = [];
      for (const queue = [xid]; queue.length > 0; ) {
        const one = queue.shift() ?? 0;
        gone.push(one);
        queue.push(...(within.get(one) ?? []));
      }
      // The server tells of the parts first.
      yield { undo: gone.reverse() };
    }
    if (stack.length === 0) stack = [{ xid: null }];
  }
}

test(`what is left is what no rolled back savepoint wrote, with little memory (seed ${seed})`, async () => {
  let state = seed;
  const below = (n: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const place = await mkdtemp(join(tmpdir(), 'freehold-savepoints-'));
  await using saved = savepoints(() => open(join(place, 'savepoints'), 'w+'), 4);
  let written: number[] = [];
  let expected: number[] = [];
  for (const step of nested(below)) {
    if (step.write !== undefined) {
      const noting = saved.note(step.write, written.length);
      if (noting !== null) await noting;
      written.push(step.write);
      expected.push(step.write);
      continue;
    }
    for (const xid of step.undo) {
      const began = await saved.undo(xid);
      if (began !== null) written = written.slice(0, began);
    }
    const gone = new Set(step.undo);
    expected = expected.filter((xid) => !gone.has(xid));
    expect(written).toEqual(expected);
  }
  expect(written.length).toBeGreaterThan(0);
  await rm(place, { recursive: true });
});
