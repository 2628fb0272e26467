import { expect, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import { recordLoaded } from '../bookkeeping.ts';
import { type Checkpoint, takeOver } from '../checkpoint.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, mergeChanges, openStream, run, type Staged, tablesOf } from '../testing/fixture.ts';
import { streamNode } from '../testing/nodes.ts';
import { type Row, random, reference, referenceTables, step, transaction } from '../testing/reference.ts';
import { order, waitingKeys } from './orders.ts';
import { doOrders } from './release.ts';
import { rowCheck } from './testing/checks.ts';

const columns = { id: 'int32', 'label 2': 'text?', amount: 'decimal?', ratio: 'float64?', body: 'json?' };
const diverting = [rowCheck('present', 'label 2', 'divert'), rowCheck('present', 'ratio', 'divert')];
const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

async function opened(hint: string) {
  const c = await freshStore(hint);
  const asked = dataset('items', ['id'], columns, { keepsDelta: false, checks: diverting });
  const held = await openStream(c, [asked]);
  const [one = asked] = await ensureTables(c, [asked]);
  await recordLoaded(c, held.stream, one.address, { completeFrom: 0n, position: null, deltaFrom: null });
  return { c, one, held };
}

/** Current rows by value, whenever they came to be: 1.5 and 1.50 are equal, and which of them stays is the first that came. */
const byValue = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/\|\d+$/, '').replace(/(\.\d*?)0+\|/, '$1|')).toSorted();

test(`whatever waits and is released in whatever order, in the end rows are what they are without checks (seed ${seed})`, async () => {
  const rnd = random(seed);
  const kept = reference();
  const rows = new Map<number, Row>();
  const log: Staged[][] = [];
  for (let ordinal = 1n; ordinal <= 150n; ordinal++) {
    log.push(transaction(rnd, ordinal, rows));
    step(kept, ordinal, rows);
  }
  const { c, one, held: first } = await opened('release');
  await using _ = c;
  let held = first;
  let isAnyDiverted = false;
  let at = 0;
  /** Ordinals of corrections lie between those of the log. */
  const shifted = (changes: readonly Staged[], by: bigint) =>
    changes.map((change) => ({ ...change, ordinal: change.ordinal + by }));
  let corrections = 0n;
  while (at < log.length) {
    const to = Math.min(log.length, at + 1 + Math.floor(rnd() ** 2 * 20));
    const changes = shifted(log.slice(at, to).flat(), corrections);
    held = (await mergeChanges(c, one, held, changes, BigInt(to) + corrections)).held;
    at = to;
    const waiting = await waitingKeys(c, one, 1000);
    isAnyDiverted ||= waiting.length > 0;
    expect(await versionsHold(c, one)).toBe(true);
    if (rnd() < 0.4) {
      const some = waiting.filter(() => rnd() < 0.5).map(({ text }) => text);
      await order(c, one, 'release', some, 'test');
      const done = await doOrders(c, streamNode([one]), held);
      corrections += done.held.ordinal - held.ordinal;
      held = done.held;
    }
  }
  await order(c, one, 'release', null, 'test');
  held = (await doOrders(c, streamNode([one]), held)).held;
  expect(await waitingKeys(c, one, 1)).toEqual([]);
  expect(isAnyDiverted).toBe(true);
  expect(byValue((await tablesOf(c, one)).current)).toEqual(byValue(referenceTables(kept).current));
}, 120_000);

/** Do versions of a key follow one another, and end where the current row begins? */
async function versionsHold(c: Connection, { schema, current, history }: Parameters<typeof tablesOf>[1]) {
  const found = await run(
    c,
    `select 1 from (
      select id, fh_from, fh_to, lead(fh_from) over (partition by id order by fh_from) as later
      from (select id, fh_from, fh_to from ${schema}.${history}
        union all select id, fh_from, 9223372036854775807 from ${schema}.${current}) v
    ) w where fh_to <= fh_from or later < fh_to`,
  );
  return found === 0;
}

test('diverting, releasing and dropping may be cut at any statement, and done again', async () => {
  const put = (ordinal: number, id: number, label: string | null): Staged => ({
    ordinal: BigInt(ordinal),
    op: 'upsert',
    row: [id, label, '1', '1', null],
  });
  const changes = [put(1, 1, 'a'), put(1, 2, null), put(2, 1, null), put(3, 3, 'c'), put(3, 1, 'd')];
  type Opened = Awaited<ReturnType<typeof opened>>;
  const deeds: Readonly<Record<string, (at: Opened, session: Connection, held: Checkpoint) => Promise<unknown>>> = {
    divert: ({ one }, session, held) => mergeChanges(session, one, held, changes, 3n),
    release: async ({ one }, session, held) => {
      await order(session, one, 'release', ['v1|'], 'test');
      await order(session, one, 'drop', ['v2|'], 'test');
      return doOrders(session, streamNode([one]), held);
    },
  };
  const { c, one } = await opened('whole');
  await using _ = c;
  const places = async (session: Connection) => ({
    ...(await tablesOf(session, one)),
    waiting: (await waitingKeys(session, one, 9)).map(({ key, changes: of, order: ordered }) => [key, of, ordered]),
  });
  const expected = new Map<string, Awaited<ReturnType<typeof places>>>();
  let ours = await takeOver(c, 'retail/sales/shop');
  for (const [name, deed] of Object.entries(deeds)) {
    await deed({ c, one, held: ours }, c, ours);
    expected.set(name, await places(c));
    ours = await takeOver(c, 'retail/sales/shop');
  }
  const cut = await opened('cut');
  await using __ = cut.c;
  for (const [name, deed] of Object.entries(deeds)) {
    const before = await places(cut.c);
    let cuts = 0;
    for (let at = 1; ; at++) {
      const session = await cut.c.again();
      const failing = failsAt(session, at);
      const held = await takeOver(cut.c, 'retail/sales/shop');
      const failure = await deed(cut, failing, held).then(
        () => null,
        (reason: unknown) => reason,
      );
      await session[Symbol.asyncDispose]();
      if (failure === null) break;
      expect(failure).toEqual(new Error('cut'));
      // An order is given before it is done.
      const { waiting: left, ...tables } = await places(cut.c);
      const { waiting, ...were } = before;
      expect({ name, at, tables }).toEqual({ name, at, tables: were });
      expect(left.map(([key, of]) => [key, of])).toEqual(waiting.map(([key, of]) => [key, of]));
      cuts++;
    }
    expect(cuts).toBeGreaterThan(10);
    expect({ name, ...(await places(cut.c)) }).toEqual({ name, ...expected.get(name) });
  }
}, 120_000);

/** A session that breaks at its nth statement. */
function failsAt(session: Connection, n: number): Connection {
  let count = 0;
  const step = () => {
    if (++count >= n) throw new Error('cut');
  };
  return {
    ...session,
    async execute(statement) {
      step();
      return session.execute(statement);
    },
    async query(statement) {
      step();
      return session.query(statement);
    },
  };
}
