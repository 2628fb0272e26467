import { describe, expect, test } from 'vitest';
import { testFacts } from '../../check/testing/facts.ts';
import { testDatastore } from '../../check/testing/model.ts';
import { sqlParser } from '../../load/sql-parser.ts';
import type { Reference, Transformer } from '../../model/model.ts';
import { compatibility } from '../compatibility.ts';
import { breaks, columns, customers, dashboard, model, named, proposalOf } from '../testing/breaks.ts';

describe('readers', () => {
  const narrowed = (reference: Reference, head = reference) =>
    breaks(
      model({ customers: customers({ a: 'varchar(9)', b: 'text' }) }, [reference]),
      model({ customers: customers({ a: 'varchar(5)', b: 'text' }) }, [head]),
    ).length;

  test('one that chooses rows by a column uses it', () => {
    expect(narrowed({ ...named('id'), rows: `upper("a") = 'A' or b = 'x'` })).toBe(1);
    expect(narrowed({ ...named('id'), rows: `A = 'x'` })).toBe(1);
    expect(narrowed({ ...named('id'), rows: `b = 'a' and "A" = ''` })).toBe(0);
  });

  test('one that sees nothing in place of its values does not mind which they are, but that the column is there', () => {
    expect(narrowed({ ...named('id', 'a'), mask: { a: 'null' } })).toBe(0);
    expect(narrowed({ ...named('id', 'a'), mask: { a: 'hash' } })).toBe(1);
    const wide: Reference = { from: 'retail/sales/orders.customers', mask: { a: 'null' } };
    const [base, head] = [
      model({ customers: customers({ a: 'text' }) }, [wide]),
      model({ customers: customers({}) }, [wide]),
    ];
    expect(breaks(base, head)).toEqual([
      `error column-removed retail/sales/orders.customers#a: retail + retail/insight; ${dashboard}`,
    ]);
  });

  test('one that changes along, or is new, has nothing to break', () => {
    expect(narrowed(named('id', 'a'), named('id'))).toBe(0);
    expect(narrowed(named('id'), named('id', 'a'))).toBe(0);
    const renamed = customers({ b: { type: { kind: 'text' }, formerly: ['a'], from: 'a' } });
    const along = model({ customers: renamed }, [named('id', 'b')]);
    expect(breaks(model({ customers: customers({ a: 'text' }) }, [named('id', 'a')]), along)).toEqual([]);
  });

  test('a reference to one dataset outweighs the wildcard beside it', () => {
    const both = [{ from: 'retail/sales/orders.*' }, named('id')];
    const [base, head] = [customers({ a: 'text' }), customers({})];
    expect(breaks(model({ customers: base }, both), model({ customers: head }, both))).toEqual([]);
  });

  test("nulls: 'ok' copes with nulls, enums: 'open' with new values, and with nothing else", () => {
    const base = { customers: customers({ a: 'text', e: "enum('x')" }) };
    const copes: Reference = { from: 'retail/sales/orders.customers', nulls: 'ok', enums: 'open' };
    const nulled = { customers: customers({ a: 'text?', e: "enum('x','y')" }) };
    expect(breaks(model(base, [copes]), model(nulled, [copes]))).toEqual([]);
    const worse = { customers: customers({ a: 'varchar(3)', e: "enum('y')" }) };
    expect(breaks(model(base, [copes]), model(worse, [copes])).map((line) => line.split(' ')[1])).toEqual([
      'column-narrowed',
      'column-narrowed',
    ]);
  });

  test("the producer's own team needs no other word than its change; it is named all the same", () => {
    const own = { address: 'retail/sales/own', groups: { mine: { read: [{ from: 'retail/sales/orders.*' }] } } };
    const one = (types: Readonly<Record<string, string>>) =>
      model({ customers: customers(types) }, [named('id')], { model: { workspaces: [own] } });
    expect(breaks(one({ a: 'text' }), one({}))).toEqual([
      'error column-removed retail/sales/orders.customers#a: retail; retail/sales/own.mine',
    ]);
  });

  test('transformers read like groups, and one whose output stays narrower is warned of', () => {
    const transformer: Transformer = {
      address: 'retail/insight/make_daily',
      reads: { c: named('id', 'n') },
      code: { kind: 'image', image: `x@sha256:${'0'.repeat(64)}` },
    };
    const daily = testDatastore('retail/insight/daily', {
      changes: { mode: 'output', transformer: transformer.address },
      datasets: { days: { columns: columns({ n: 'int32' }) } },
    });
    const one = (type: string) =>
      model({ customers: customers({ n: type }) }, [named('id')], {
        model: { transformers: [transformer], datastores: [daily] },
      });
    const output = "transformer 'retail/insight/make_daily'";
    expect(breaks(one('int32'), one('int64'))).toEqual([
      'warning output-narrower retail/sales/orders.customers#n: nobody; retail/insight/make_daily',
    ]);
    expect(breaks(one('int64'), one('int32'))).toEqual([
      'error column-narrowed retail/sales/orders.customers#n: retail + retail/insight; retail/insight/make_daily',
    ]);
    expect(compatibility(proposalOf(one('int32'), one('int64')), testFacts, 0)[0]?.finding.message).toContain(output);
  });
});

test('a transformer uses the columns that its queries use, where they can be followed', async () => {
  const parseSql = await sqlParser();
  const one = (types: Readonly<Record<string, string>>, query: string) => {
    const transformer: Transformer = {
      address: 'retail/insight/make_daily',
      reads: { c: { from: 'retail/sales/orders.customers' } },
      code: { kind: 'sql', dialect: 'postgres', queries: { days: query } },
    };
    return model({ customers: customers(types) }, [named('id')], { model: { transformers: [transformer] } });
  };
  const asked = (query: string, after: Readonly<Record<string, string>>) =>
    compatibility(
      proposalOf(one({ n: 'int64', at: 'date', note: 'text' }, query), one(after, query)),
      testFacts,
      0,
      parseSql,
    ).map(({ rule, address, needs }) => `${rule} ${address.split('#')[1]}: ${needs.join(' + ')}`);
  const sum = 'select sum(n) as n from c where at is not null';
  expect(asked(sum, { n: 'int64', at: 'date', note: 'date' })).toEqual(['column-retyped note: retail']);
  expect(asked(sum, { n: 'int32', at: 'date', note: 'text' })).toEqual(['column-narrowed n: retail + retail/insight']);
  expect(asked(sum, { n: 'int64', at: 'timestamp', note: 'text' })).toEqual([
    'column-retyped at: retail + retail/insight',
  ]);
  // All of it, and what cannot be followed.
  for (const query of ['select * from c', 'select c from c', 'no query'])
    expect(asked(query, { n: 'int64', at: 'date', note: 'date' })).toEqual([
      'column-retyped note: retail + retail/insight',
    ]);
});
