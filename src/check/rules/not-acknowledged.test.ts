import { expect, test } from 'vitest';
import type { Workspace } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const deprecated = { removal: '2026-12-31', reason: 'nobody sends faxes', use: 'retail/sales/orders.customers#name' };
const columns = { fax: { type: { kind: 'text' }, nullable: true, deprecated } } as const;
const fax = 'retail/sales/orders.customers#fax';

function lines(reporting: Partial<Workspace> = {}): string[] {
  return found(testModel({ columns, reporting })).filter((line) => line.includes('not-acknowledged'));
}

test('a reader of a deprecated column is told until it acknowledges', () => {
  expect(lines()).toEqual([
    `warning not-acknowledged retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' reads column '${fax}', which is deprecated and may be gone from 2026-12-31 on (nobody sends faxes); workspace 'retail/insight/reporting' does not say that it knows.`,
  ]);
  expect(lines({ acknowledges: [fax] })).toEqual([]);
});

test('to know of one deprecation is not to know of another', () => {
  expect(lines({ acknowledges: ['retail/sales/orders'] })).toHaveLength(1);
});

test('a transformer that reads it is told, too', () => {
  const transformer = {
    address: 'retail/insight/make',
    reads: { customers: { from: 'retail/sales/orders.customers' } },
    code: { kind: 'image', image: 'x@sha256:0' },
  } as const;
  const told = found(testModel({ columns, transformers: [transformer] }));
  expect(told).toContain(
    `warning not-acknowledged retail/insight/make: transformer 'retail/insight/make' reads column '${fax}', which is deprecated and may be gone from 2026-12-31 on (nobody sends faxes); transformer 'retail/insight/make' does not say that it knows.`,
  );
});
