import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { sql } from '../../sql/sql.ts';
import { wholeShape } from '../merge/staging.ts';
import type { Lent } from '../sessions.ts';
import { copyText, dataset, freshStore, openStream } from '../testing/fixture.ts';
import { streamNode } from '../testing/nodes.ts';
import { type Receiving, receiving } from './stream.ts';
import { work } from './worker.ts';

const items = dataset('items', ['id'], { id: 'int32' }, { keepsDelta: false });

function insert(into: Receiving, id: number, ordinal: bigint): void {
  const rows = must(into.change(0), 'place for a row');
  rows.length += rows.buffer.write(copyText(items, [{ ordinal, op: 'upsert', row: [id] }]), rows.length);
  rows.rows++;
  rows.sequence++;
}

function lent(session: Connection): Lent {
  return { session, giveBack: () => undefined, close: async () => session[Symbol.asyncDispose]() };
}

test('what comes while a session is awaited is staged with its own batch', async () => {
  const store = await freshStore();
  onTestFinished(() => store[Symbol.asyncDispose]());
  const held = await openStream(store, [items]);
  const stop = new AbortController();
  let wake = () => {};
  const own = receiving({ ordinal: held.ordinal, position: '' }, 1, { position: '', atMs: 0 }, () => wake());
  own.shape(0, wholeShape(store, items.columns, 'text'));
  own.begin('1', 0, 'ordinary');
  insert(own, 1, 1n);
  const seen: unknown[] = [];
  await work(
    {
      node: streamNode([items]),
      sessions: {
        async borrow() {
          own.commit('1');
          own.begin('2', 1, 'ordinary');
          insert(own, 2, 2n);
          return lent(await store.again());
        },
        borrowFree: async () => null,
        isWanted: () => false,
      },
      receiving: own,
      identity: 'server',
      clock: systemClock,
      signal: stop.signal,
      isPressed: () => false,
      spillBytes: 1,
      slowAfterMs: 30_000,
      wait: () =>
        new Promise((resolve) => {
          const timer = setTimeout(resolve, 20);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        }),
      wake: () => wake(),
      rest: (from) => ({ end: () => from }),
      onStaged: () => undefined,
      onDurable: ({ ordinal }) => void seen.push(ordinal),
      async hook(step) {
        if (step !== 'merged') return;
        seen.push(
          ...(await store.query(sql`select id, fh_from::int4 as since from retail__sales__shop.items order by id`)),
        );
        if (own.state.isInside) own.commit('2');
        else stop.abort();
      },
    },
    held,
  );
  expect(seen).toEqual([1n, { id: 1, since: 1 }, 2n, { id: 1, since: 1 }, { id: 2, since: 2 }]);
});
