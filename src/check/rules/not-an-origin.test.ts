import { expect, test } from 'vitest';
import { saidOf } from '../testing/declassified.ts';

test('a zone speaks of its own data alone', () => {
  expect(saidOf({}, 'not-an-origin')).toEqual([]);
  expect(saidOf({ zone: 'risk' }, 'not-an-origin')).toEqual([
    "error not-an-origin declassification:clean: declassification 'clean' is the word of zone 'risk', and transformer 'retail/insight/clean' reads nothing of that zone: its word changes nothing.",
  ]);
});
