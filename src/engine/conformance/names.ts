import { expect, test } from 'vitest';
import { list, name, sql } from '../../sql/sql.ts';
import { type Connection, EngineError } from '../connection.ts';
import type { Engine } from '../engine.ts';
import type { OpenConnection } from './open.ts';

/** Names are quoted, whatever they hold, and never cut unseen. */
export function namesConform(engine: Engine, open: OpenConnection): void {
  test('hostile names are names', async () => {
    await using c = await open();
    const text = c.types.physical({ kind: 'text' });
    await c.execute(sql`create table ${name('conformance', 'Select "from" \'; --')} (
      ${list(hostile.map((column) => sql`${name(column)} ${text}`))})`);
    await c.execute(sql`insert into ${name('conformance', 'Select "from" \'; --')}
      (${list(hostile.map((column) => name(column)))}) values (${list(hostile.map(() => sql`'x'`))})`);
    const rows = await c.query(sql`select ${list(hostile.map((column) => name(column)))}
      from ${name('conformance', 'Select "from" \'; --')}`);
    expect(rows).toEqual([Object.fromEntries(hostile.map((column) => [column, 'x']))]);
    const catalogue = await engine.catalogue(c);
    const found = catalogue.tables.find(({ schema }) => schema === 'conformance');
    expect(found).toMatchObject({ name: 'Select "from" \'; --', columns: hostile.map((column) => ({ name: column })) });
  });

  test('a name of the largest length is kept whole', async () => {
    await using c = await open();
    const longest = engine.facts.identifierLimit;
    const a = `${'ž'.repeat(Math.floor((longest - 1) / 2))}${longest % 2 === 0 ? 'xa' : 'a'}`;
    const b = `${a.slice(0, -1)}b`;
    await twins(c, a, b);
    const names = (await engine.catalogue(c)).tables.map((table) => table.name);
    expect(names).toEqual(expect.arrayContaining([a, b]));
  });

  test('a longer name is refused or kept whole, never cut', async () => {
    await using c = await open();
    const stem = 'n'.repeat(engine.facts.identifierLimit);
    await expect(
      twins(c, `${stem}a`, `${stem}b`).then(async () => {
        const names = (await engine.catalogue(c)).tables.map((table) => table.name);
        expect(names).toEqual(expect.arrayContaining([`${stem}a`, `${stem}b`]));
        throw new EngineError('statement', 'kept whole');
      }),
    ).rejects.toThrow(EngineError);
  });
}

const hostile = [
  '"',
  "'",
  '; drop schema conformance cascade; --',
  'select',
  ' ',
  'Ž',
  '漢字 \u{1f600}',
  '\\',
  '$1',
  '%s',
  'a.b',
  '\n',
  '__proto',
];

/** Two tables whose names differ in the last letter. */
async function twins(c: Connection, a: string, b: string): Promise<void> {
  const int = c.types.physical({ kind: 'int', bits: 32 });
  await c.execute(sql`create table ${name('conformance', a)} (n ${int})`);
  await c.execute(sql`create table ${name('conformance', b)} (n ${int})`);
}
