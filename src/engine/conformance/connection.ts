import { expect, test } from 'vitest';
import { literal, name, sql, value } from '../../sql/sql.ts';
import type { Connection } from '../connection.ts';
import { csv, type OpenConnection } from './open.ts';

/** Statements that write, and copies in. What every session that reads does alike is in reading.ts. */
export function connectionConforms(open: OpenConnection): void {
  test('booleans are booleans, texts are texts, null is null, big integers lose no digit', async () => {
    await using c = await open();
    const big = c.types.physical({ kind: 'int', bits: 64 });
    const [row] = await c.query(
      sql`select true as t, 'x' as s, null as n, cast(${literal('9007199254740993')} as ${big}) as b`,
    );
    expect({ ...row, b: String(row?.b) }).toEqual({ t: true, s: 'x', n: null, b: '9007199254740993' });
  });

  test('statements run in the order they were given, awaited or not', async () => {
    await using c = await open();
    await table(c);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => c.execute(sql`insert into conformance.t values (${value(n)}, 'x')`)),
    );
    expect((await c.query(sql`select n from conformance.t`)).map((row) => Number(row.n))).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    );
  });

  test('execute says how many rows it touched', async () => {
    await using c = await open();
    await table(c);
    expect(await c.execute(sql`insert into conformance.t values (1, 'a'), (2, 'b'), (3, 'c')`)).toBe(3);
    expect(await c.execute(sql`update conformance.t set s = 'z' where n > 1`)).toBe(2);
    expect(await c.execute(sql`delete from conformance.t where n > 5`)).toBe(0);
  });

  test('many rows travel from session to session', async () => {
    await using c = await open();
    await table(c);
    const rows = sql`select g.i as n, 'row ' || cast(g.i as ${c.types.physical({ kind: 'text' })}) as s from generate_series(1, 200000) as g(i)`;
    const bytes: Uint8Array[] = [];
    for await (const part of c.copyOut(rows, 'csv')) bytes.push(part);
    expect(await c.copyIn(['conformance', 't'], ['n', 's'], arriving(bytes), 'csv')).toBe(200_000);
    expect((await c.query(sql`select min(t.s) as v from conformance.t as t where t.n = 200000`))[0]).toEqual({
      v: 'row 200000',
    });
  });

  test('an empty copy is no rows, both ways', async () => {
    await using c = await open();
    await table(c);
    expect(await c.copyIn(['conformance', 't'], ['n', 's'], arriving([]), 'csv')).toBe(0);
    const parts: Uint8Array[] = [];
    for await (const part of c.copyOut(sql`select n, s from conformance.t`, 'csv')) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe('');
  });

  test("a copy in whose rows fail loads nothing and rejects with the rows' own failure", async () => {
    await using c = await open();
    await table(c);
    const failure = new Error('the rows end here');
    const rows = async function* () {
      yield csv([['1', 'a']]);
      throw failure;
    };
    await expect(c.copyIn(['conformance', 't'], ['n', 's'], rows(), 'csv')).rejects.toBe(failure);
    expect(await c.query(sql`select n from conformance.t`)).toEqual([]);
  });

  test('a copy in of rows that do not fit loads nothing', async () => {
    await using c = await open();
    await table(c);
    const rows = [csv([['1', 'a']]), csv([['x', 'b']])];
    await expect(c.copyIn(['conformance', 't'], ['n', 's'], arriving(rows), 'csv')).rejects.toMatchObject({
      name: 'EngineError',
      kind: 'statement',
    });
    expect(await c.query(sql`select n from conformance.t`)).toEqual([]);
  });
}

async function table(c: Connection): Promise<void> {
  await c.execute(sql`create table ${name('conformance', 't')} (
    n ${c.types.physical({ kind: 'int', bits: 64 })}, s ${c.types.physical({ kind: 'text' })})`);
}

async function* arriving(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
