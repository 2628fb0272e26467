import { expect, test } from 'vitest';
import { check } from '../check.ts';
import { testFacts } from '../testing/facts.ts';
import { testModel } from '../testing/model.ts';
import { testOffer } from '../testing/offer.ts';

test('an offer counts through its last day, and is a warning from the next on', () => {
  const model = testModel({ offers: [testOffer('retail/sales', { until: '2026-05-31' })] });
  const messages = (at: string) =>
    check(model, testFacts, { asOfMs: Date.parse(at), places: {} }).map(
      ({ severity, message }) => `${severity} ${message}`,
    );
  expect(messages('2026-05-31T23:59:59Z')).toEqual([]);
  expect(messages('2026-06-01T00:00:00Z')).toEqual([
    "warning offer 'gift' of 'retail/sales' ended with 2026-05-31: it cannot be accepted any more.",
  ]);
});
