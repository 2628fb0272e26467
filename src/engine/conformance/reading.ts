import { expect, test } from 'vitest';
import { literal, type Sql, sql, value } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';
import { EngineError } from '../connection.ts';
import type { OpenConnection } from './open.ts';

/** A relation of so many rows with a column `i`, from 1 on, as the engine has it. */
export type Series = (rows: number) => Sql;

/** Parameters, literals, copies out, failures and the end of a session: of sources as of stores. */
export function readingConforms(open: OpenConnection, series: Series): void {
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

  test('a failed statement says what kind of failure it was, and the session goes on', async () => {
    await using c = await open();
    await expect(c.query(sql`select 1 as a from conformance.absent`)).rejects.toMatchObject({
      name: 'EngineError',
      kind: 'missing',
    });
    await expect(c.query(sql`selec 1`)).rejects.toMatchObject({ name: 'EngineError', kind: 'statement' });
    expect(await c.query(sql`select 'on' as v`)).toEqual([{ v: 'on' }]);
  });

  test('rows travel out in pieces, to the last one', async () => {
    await using c = await open();
    const text = c.types.physical({ kind: 'text' });
    const rows = sql`select g.i as n, 'row ' || cast(g.i as ${text}) as s from ${series(200_000)} as g`;
    let whole = '';
    for await (const part of c.copyOut(rows, 'csv')) whole += Buffer.from(part).toString();
    const lines = whole.replaceAll('"', '').split('\n');
    expect([lines.length, lines[0], lines.at(-2), lines.at(-1)]).toEqual([200_001, '1,row 1', '200000,row 200000', '']);
  });

  test('a copy out that is left before its end leaves nothing behind that others could read', async () => {
    await using c = await open();
    for await (const part of c.copyOut(sql`select g.i as n from ${series(200_000)} as g`, 'csv')) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    const answer = await c.query(sql`select 'on' as v`).catch((failure: unknown) => failure);
    if (answer instanceof EngineError) expect(answer.kind).toBe('unreachable');
    else expect(answer).toEqual([{ v: 'on' }]);
  });

  test('a copy out that fails ends its stream with the failure, and the session goes on', async () => {
    await using c = await open();
    const stream = c.copyOut(sql`select n from conformance.absent`, 'csv');
    await expect(stream.toArray()).rejects.toThrow(EngineError);
    expect(await c.query(sql`select 'on' as v`)).toEqual([{ v: 'on' }]);
  });

  test('closing ends a running statement at once, closing twice is harmless, and a closed session says so', async () => {
    const c = await open();
    const running = c.query(endless(series));
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

/** A million million rows, one after the other. */
function endless(series: Series): Sql {
  const many = series(1_000_000);
  return sql`select sum(a.i * b.i) as v from ${many} as a, ${many} as b where a.i + b.i > 0`;
}
