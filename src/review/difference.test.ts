import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../base/digest.ts';
import { testModel } from '../check/testing/model.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Model } from '../model/model.ts';
import { digestObject, formOf } from '../model/object.ts';
import { attributeChanges } from './difference.ts';
import { applied } from './testing/apply.ts';
import { changesBetween } from './testing/propose.ts';
import { randomEdits } from './testing/random-edit.ts';
import { diceOf, randomModel } from './testing/random-model.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

/** Each change as `address path: before -> after`. */
function differences(before: Model, after: Model): string[] {
  return changesBetween(canonicalModel(before), canonicalModel(after))
    .flatMap(attributeChanges)
    .map(({ address, path, before, after }) => `${address} ${path.join('.')}: ${before} -> ${after}`);
}

const pii = { type: { kind: 'varchar', length: 100 }, labels: ['pii'] } as const;

describe('a change of an attribute', () => {
  test('stands at the finest thing that has an address', () => {
    expect(
      differences(
        testModel({ columns: { name: pii }, sales: { doc: 'a' } }),
        testModel({
          columns: { name: { type: { kind: 'varchar', length: 40 }, labels: ['gdpr', 'pii'] } },
          sales: { doc: 'b' },
          dashboard: { latency: '10s' },
          mesh: { doc: 'Acme' },
        }),
      ),
    ).toEqual([
      'retail/sales/orders.customers#name labels.gdpr: null -> "gdpr"',
      'retail/sales/orders.customers#name type.length: 100 -> 40',
      'mesh doc: null -> "Acme"',
      'retail/insight/reporting.dashboard latency: null -> "10s"',
      'retail/sales doc: "a" -> "b"',
    ]);
  });

  test('is a whole thing where one comes or goes', () => {
    const dataset = { columns: { id: { type: { kind: 'text' } } } } as const;
    expect(differences(testModel({}), testModel({ orders: { datasets: { returns: dataset } }, columns: {} }))).toEqual([
      'retail/sales/orders.customers : {"columns":[["id",{"type":{"bits":32,"kind":"int"}}],["name",{"nullable":true,"type":{"kind":"text"}}]],"key":["id"]} -> null',
      'retail/sales/orders.returns : null -> {"columns":[["id",{"type":{"kind":"text"}}]]}',
    ]);
  });

  test('is of another kind as a whole', () => {
    expect(
      differences(
        testModel({ columns: { name: pii } }),
        testModel({ columns: { name: { ...pii, type: { kind: 'text' } } } }),
      ),
    ).toEqual(['retail/sales/orders.customers#name type: {"kind":"varchar","length":100} -> {"kind":"text"}']);
  });

  test('is the order of columns, for views show them in it', () => {
    const columns = (...names: string[]) =>
      testModel({
        orders: { datasets: { a: { columns: Object.fromEntries(names.map((n) => [n, { type: pii.type }])) } } },
      });
    expect(differences(columns('id', 'name'), columns('name', 'id'))).toEqual([
      'retail/sales/orders.a columns.order: ["id","name"] -> ["name","id"]',
    ]);
    expect(differences(columns('id', 'name'), columns('id', 'name', 'total')).map((one) => one.split(':')[0])).toEqual([
      'retail/sales/orders.a#total ',
    ]);
    expect(differences(columns('id', 'name'), columns('total', 'id')).map((one) => one.split(':')[0])).toEqual([
      'retail/sales/orders.a#name ',
      'retail/sales/orders.a#total ',
      'retail/sales/orders.a columns.order',
    ]);
  });

  test('of a list whose order counts is the whole list; of a list of references, the reference', () => {
    const key = (...names: string[]) => testModel({ customers: { key: names } });
    expect(differences(key('id', 'name'), key('name', 'id'))).toEqual([
      'retail/sales/orders.customers key: ["id","name"] -> ["name","id"]',
    ]);
    const read = (...from: string[]) =>
      testModel({ dashboard: { read: from.map((one) => ({ from: `retail/sales/orders.${one}`, columns: ['id'] })) } });
    expect(differences(read('a', 'c'), read('a', 'b', 'c'))).toEqual([
      'retail/insight/reporting.dashboard read.1: null -> {"columns":["id"],"from":"retail/sales/orders.b"}',
    ]);
    expect(differences(read('a', 'b', 'c'), read('b', 'c'))).toEqual([
      'retail/insight/reporting.dashboard read.0: {"columns":["id"],"from":"retail/sales/orders.a"} -> null',
    ]);
    expect(
      differences(
        read('a', 'b'),
        testModel({
          dashboard: {
            read: [
              { from: 'retail/sales/orders.a', columns: ['id'] },
              { from: 'retail/sales/orders.b', columns: ['id', 'name'] },
            ],
          },
        }),
      ),
    ).toEqual(['retail/insight/reporting.dashboard read.1.columns.name: null -> "name"']);
  });
});

test(`3,000 random edits: changes are empty exactly where digests are equal, and made in before they give after (seed ${seed})`, () => {
  console.log(`difference: seed ${seed}`);
  let count = 0;
  for (let round = 0; round < 3000; round++) {
    const dice = diceOf(seed + round);
    const base = randomModel(dice);
    const head = randomEdits(dice, base);
    for (const change of changesBetween(base, head)) {
      const changes = attributeChanges(change);
      const { before, after } = change;
      const isSame = before !== null && after !== null && digestObject(before) === digestObject(after);
      expect(changes.length === 0, `seed ${seed + round}`).toBe(isSame);
      const made = applied(change, changes);
      expect(made === undefined ? null : canonicalJson(made), `seed ${seed + round}`).toBe(
        after === null ? null : canonicalJson(formOf(after)),
      );
      count += changes.length;
    }
    for (const object of changesBetween(null, base)) {
      expect(attributeChanges({ ...object, before: object.after })).toEqual([]);
    }
  }
  expect(count).toBeGreaterThan(3000);
}, 180_000);
