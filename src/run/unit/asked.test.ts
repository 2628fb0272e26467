import { expect, test } from 'vitest';
import { orderPause, orderResume } from '../../flow/capture/inbox/orders.ts';
import { noteGap } from '../../flow/gaps.ts';
import { dataset, freshStore, openStream } from '../../flow/testing/fixture.ts';
import { streamNode } from '../../flow/testing/nodes.ts';
import { watchAsked } from './asked.ts';

test('whoever owns a stream hears of what an operator asks after it began, once', async () => {
  await using store = await freshStore();
  const items = dataset('items', ['id'], { id: 'int32' });
  const stream = 'retail/sales/shop';
  await openStream(store, [items]);
  const node = streamNode([items], { stream });
  const stop = new AbortController();
  const heard: number[] = [];
  let looks = 0;
  const clock = {
    nowMs: () => 0,
    // A loss that nobody accepted is no order; the same order is heard once.
    sleep: async () => {
      looks++;
      if (looks === 2) await noteGap(store, stream, { address: null, cause: 'slot-gone', isAccepted: false });
      if (looks === 3) await noteGap(store, stream, { address: null, cause: 'resync', isAccepted: true });
      if (looks === 5) await orderPause(store, stream, 'user:eve', 0);
      if (looks === 7) await orderResume(store, stream);
      if (looks === 10) stop.abort();
    },
  };
  const refuse = () => Promise.reject(new Error('not asked for'));
  const containers = {
    directory: '',
    engine: refuse,
    isEmbedded: () => false,
    of: () => containers,
    access: refuse,
    connect: () => store.again(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  await watchAsked([node], { containers, clock }, stop.signal, () => heard.push(looks));
  expect(heard).toEqual([3, 5, 7]);
});
