import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const mesh = { classification: { levels: ['public', 'secret'], labels: { pii: {} } } };
const open = { classification: 'public' };

test('a claim within the grant is fine, and a claim of less', () => {
  const may = { clearance: 'secret', labels: ['pii'], priority: 'critical', readers: ['group:bi'] } as const;
  const claims = { clearance: 'public', labels: ['pii'], priority: 'high', readers: ['group:bi'] } as const;
  expect(
    found(testModel({ mesh, insight: { may }, reporting: { ...claims } })).filter((l) => l.includes('beyond')),
  ).toEqual([]);
});

test('without a grant nothing beyond the defaults may be claimed', () => {
  const claims = { clearance: 'secret', labels: ['pii'], priority: 'high', readers: ['group:bi'] } as const;
  const lines = found(testModel({ mesh, orders: { ...open, datasets: {} }, reporting: { ...claims } }));
  expect(lines.filter((line) => line.includes('beyond-grant')).map((line) => line.split(' claims ')[1])).toEqual([
    "clearance 'secret', which zone 'retail' does not grant to team 'insight'.",
    "labels 'pii', which zone 'retail' does not grant to team 'insight'.",
    "priority 'high', which zone 'retail' does not grant to team 'insight'.",
    "readers 'group:bi', which zone 'retail' does not grant to team 'insight'.",
  ]);
});

test('the default priority and the lowest clearance need no grant', () => {
  expect(
    found(
      testModel({ mesh, orders: { ...open, datasets: {} }, reporting: { clearance: 'public', priority: 'normal' } }),
    ).filter((l) => l.startsWith('error')),
  ).toEqual([]);
});
