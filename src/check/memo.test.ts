import { expect, test } from 'vitest';
import { lookupIn } from '../model/lookup.ts';
import { askOf } from './draft.ts';
import { remembered } from './memo.ts';
import type { Ask } from './rule.ts';
import { testFacts } from './testing/facts.ts';
import { testModel } from './testing/model.ts';

test('an answer is worked out once, and whoever asks has read what it rests on, by way of other answers too', () => {
  let times = 0;
  const source = remembered((ask: Ask, address) => {
    times++;
    return ask.object('datastore', address)?.source ?? '';
  });
  const sources = remembered(
    (ask: Ask, key) =>
      `${key}: ${ask
        .found('connection', 'shop')
        .map((one) => source(ask, one))
        .join()}`,
  );
  const plain = askOf(lookupIn(testModel({})), testFacts, 0);
  const readsOf = (question: (ask: Ask) => unknown): readonly string[] => {
    const reads: string[] = [];
    const note = (read: string) => reads.includes(read) || reads.push(read);
    question({
      ...plain,
      object: (kind, address) => {
        note(`object ${kind} ${address}`);
        return plain.object(kind, address);
      },
      found: (index, key) => {
        note(`found ${index} ${key}`);
        return plain.found(index, key);
      },
    });
    return reads;
  };
  const both = ['found connection shop', 'object datastore retail/sales/orders'];
  expect(readsOf((ask) => sources(ask, 'all'))).toEqual(both);
  expect(readsOf((ask) => sources(ask, 'all'))).toEqual(both);
  expect(readsOf((ask) => sources.known(ask, 'all'))).toEqual(both);
  expect(readsOf((ask) => sources.known(ask, 'other'))).toEqual([]);
  expect(sources(plain, 'all')).toBe('all: shop');
  expect(times).toBe(1);
  // Another model is asked anew.
  expect(sources(askOf(lookupIn(testModel({})), testFacts, 0), 'all')).toBe('all: shop');
  expect(times).toBe(2);
});
