import { expect, test } from 'vitest';
import { literal, name, type Sql, sql, value } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';
import { type Connection, EngineError } from '../connection.ts';
import { csv, type OpenConnection } from './open.ts';

/** Statements, parameters, copies, failures and the end of a session. */
export function connectionConforms(open: OpenConnection): void {
  for (const [spelled, type, given, expected] of parameters) {
    test(`a parameter carries ${spelled}`, async () => {
      await using c = await open();
      const cast = sql`cast(${value(given)} as ${c.types.physical(type)})`;
      const [row] = await c.query(sql`select ${c.types.canonicalText(type, cast)} as v`);
      expect(row).toEqual({ v: expected });
    });
  }

  test('a literal carries every text', async () => {
    await using c = await open();
    for (const text of [
      '',
      "'",
      "''",
      '\\',
      "\\'",
      '"',
      '$1',
      '?',
      ':x',
      '\n',
      '-- x',
      '/* x',
      '\u{1f600}',
      'e\u0301',
    ]) {
      expect(await c.query(sql`select ${literal(text)} as v`)).toEqual([{ v: text }]);
    }
  });

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

  test('a failed statement says what kind of failure it was, and the session goes on', async () => {
    await using c = await open();
    await expect(c.query(sql`select 1 as a from conformance.absent`)).rejects.toMatchObject({
      name: 'EngineError',
      kind: 'missing',
    });
    await expect(c.query(sql`selec 1`)).rejects.toMatchObject({ name: 'EngineError', kind: 'statement' });
    expect(await c.query(sql`select 'on' as v`)).toEqual([{ v: 'on' }]);
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

  test('a copy out that fails ends its stream with the failure, and the session goes on', async () => {
    await using c = await open();
    const stream = c.copyOut(sql`select n from conformance.absent`, 'csv');
    await expect(stream.toArray()).rejects.toThrow(EngineError);
    expect(await c.query(sql`select 'on' as v`)).toEqual([{ v: 'on' }]);
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

  test('closing ends a running statement at once, closing twice is harmless, and a closed session says so', async () => {
    const c = await open();
    const running = c.query(endless());
    const failed = expect(running).rejects.toThrow(EngineError);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await c[Symbol.asyncDispose]();
    await failed;
    await c[Symbol.asyncDispose]();
    await expect(c.query(sql`select 1 as v`)).rejects.toMatchObject({ name: 'EngineError', kind: 'unreachable' });
  });
}

const parameters: readonly (readonly [string, Type, unknown, string | null])[] = [
  ['null', { kind: 'text' }, null, null],
  ['an empty text', { kind: 'text' }, '', ''],
  ['a hostile text', { kind: 'text' }, `'; drop table x; -- "\\ $1 \n`, `'; drop table x; -- "\\ $1 \n`],
  ['a text beyond ASCII', { kind: 'text' }, 'kůň 漢 \u{1f600}', 'kůň 漢 \u{1f600}'],
  ['a number', { kind: 'int', bits: 32 }, -42, '-42'],
  ['a fraction', { kind: 'float', bits: 64 }, 0.1, '4591870180066957722'],
  ['a bigint', { kind: 'int', bits: 64 }, -9223372036854775808n, '-9223372036854775808'],
  ['a boolean', { kind: 'boolean' }, false, 'f'],
  ['bytes', { kind: 'binary' }, Uint8Array.of(0, 255, 10), '00ff0a'],
  ['a decimal as text', { kind: 'decimal', precision: 20, scale: 3 }, '12345678901234567.125', '12345678901234567.125'],
  [
    'an instant as text',
    { kind: 'timestamptz', precision: 6 },
    '2024-03-31 00:30:00.5+00',
    '2024-03-31 00:30:00.500000',
  ],
];

async function table(c: Connection): Promise<void> {
  await c.execute(sql`create table ${name('conformance', 't')} (
    n ${c.types.physical({ kind: 'int', bits: 64 })}, s ${c.types.physical({ kind: 'text' })})`);
}

async function* arriving(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

/** A million million rows, one after the other. */
function endless(): Sql {
  return sql`select sum(a.i * b.i) as v from generate_series(1, 1000000) as a(i), generate_series(1, 1000000) as b(i) where a.i + b.i > 0`;
}
