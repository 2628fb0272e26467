import { expect, test } from 'vitest';
import { check } from '../check.ts';
import { testFacts } from '../testing/facts.ts';
import { testModel } from '../testing/model.ts';

const deprecated = { removal: '2026-12-31' };

function rulesAt(asOf: string, acknowledges: readonly string[] = []): string[] {
  const model = testModel({ customers: { deprecated }, reporting: { acknowledges } });
  return check(model, testFacts, { asOfMs: Date.parse(asOf), places: {} }).map((f) => `${f.severity} ${f.rule}`);
}

test('from the day of removal on it no longer helps to know', () => {
  expect(rulesAt('2026-12-30T23:59:59Z')).toEqual(['warning not-acknowledged']);
  expect(rulesAt('2026-12-31T00:00:00Z')).toEqual(['warning past-removal']);
  expect(rulesAt('2026-12-30T23:59:59Z', ['retail/sales/orders.customers'])).toEqual([]);
  expect(rulesAt('2026-12-31T00:00:00Z', ['retail/sales/orders.customers'])).toEqual(['warning past-removal']);
});

test('it says what is not served, and who could help', () => {
  const model = testModel({ customers: { deprecated: { ...deprecated, use: 'retail/sales/orders' } } });
  const findings = check(model, testFacts, { asOfMs: Date.parse('2027-01-01'), places: {} });
  expect(findings.find(({ rule }) => rule === 'past-removal')).toMatchObject({
    address: 'retail/insight/reporting.dashboard',
    message:
      "group 'retail/insight/reporting.dashboard' still reads dataset 'retail/sales/orders.customers', which was to be gone from 2026-12-31 on: it is not served any more, and may be removed any day.",
    help: "Read 'retail/sales/orders' instead; or ask its owner to move  removal  to a later day.",
  });
});
