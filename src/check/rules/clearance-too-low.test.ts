import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const mesh = { classification: { levels: ['public', 'internal', 'secret'], labels: { pii: {} } } };
const insight = { may: { clearance: 'secret', labels: ['pii'] } };
const text = { type: { kind: 'text' } } as const;
const columns = {
  id: { ...text, level: 'public' },
  name: { ...text, level: 'internal' },
  phone: { ...text, level: 'public', labels: ['pii'] },
};

test('a group reads what its workspace is cleared for', () => {
  expect(found(testModel({ mesh, insight, columns, reporting: { clearance: 'internal', labels: ['pii'] } }))).toEqual(
    [],
  );
});

test('columns of a higher level, and with labels that are not held, are named', () => {
  expect(found(testModel({ mesh, insight, columns }))).toEqual([
    "error clearance-too-low retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' reads 'name' and 'phone' of 'retail/sales/orders.customers', which needs clearance 'internal' and label 'pii', but workspace 'retail/insight/reporting' is cleared for 'public' (it claims no clearance).",
  ]);
});

test('selecting columns is enough', () => {
  const read = [{ from: 'retail/sales/orders.customers', columns: ['id'] }];
  expect(found(testModel({ mesh, columns, dashboard: { read } }))).toEqual([]);
});

test('a column that nothing classifies counts as the highest level', () => {
  const reporting = { clearance: 'internal' };
  expect(found(testModel({ mesh, insight, reporting }))[0]).toContain(
    "'id' and 'name' of 'retail/sales/orders.customers', which needs clearance 'secret'",
  );
});

test('in a mesh without classification everything may be read', () => {
  expect(found(testModel({ columns: { id: text } }))).toEqual([]);
});

test('a mask discharges a label where the label says so, and `null` the level', () => {
  const masked = (mask: 'null' | 'hash' | 'tokenize', dischargedBy: readonly ('null' | 'tokenize')[]) =>
    found(
      testModel({
        mesh: { classification: { levels: ['public', 'secret'], labels: { pii: { dischargedBy } } } },
        orders: { classification: 'public' },
        columns: { name: { type: { kind: 'text' }, level: 'secret', labels: ['pii'] } },
        dashboard: { read: [{ from: 'retail/sales/orders.customers', mask: { name: mask } }] },
      }),
    )
      .filter((line) => line.includes('clearance-too-low'))
      .map((line) => /needs (.*), but/.exec(line)?.[1]);
  expect(masked('null', ['null'])).toEqual([]);
  expect(masked('null', ['tokenize'])).toEqual(["label 'pii'"]);
  expect(masked('tokenize', ['tokenize'])).toEqual(["clearance 'secret'"]);
  expect(masked('hash', ['null', 'tokenize'])).toEqual(["clearance 'secret' and label 'pii'"]);
});
