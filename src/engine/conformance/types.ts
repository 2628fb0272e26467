import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { name, type Sql, sql } from '../../sql/sql.ts';
import { typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import { type Connection, EngineError } from '../connection.ts';
import type { Engine } from '../engine.ts';
import { keyedDigest, padsOf } from '../keyed-digest.ts';
import { csv, type OpenConnection } from './open.ts';
import { type ValuesOfType, valuesByType } from './values.ts';

/** Every value of every type goes in and out unchanged, or is refused by name. */
export function typesConform(engine: Engine, open: OpenConnection, refused: ReadonlySet<string>): void {
  for (const { type, values } of valuesByType) {
    const spelled = typeText(type);
    const kept = values.filter(({ text }) => !refused.has(`${spelled} ${text}`));
    if ('refused' in engine.facts.holds(type)) continue;

    test(`${spelled} keeps every value, to the byte, through csv`, async () => {
      await using c = await open();
      const table = await written(c, 'first', { type, values: kept });
      const bytes = await copied(c, type, table);
      const again = await tableOf(c, 'second', type);
      await loaded(c, again, type, [bytes]);
      expect((await copied(c, type, again)).toString()).toBe(bytes.toString());
      const back = await texts(c, table, (v) => c.types.toTransport(type, v));
      expect(back.map((text, i) => (kept[i]?.back === null ? null : text))).toEqual([
        ...kept.map(({ text, back }) => (back === undefined ? text : back)),
        null,
      ]);
    });

    test(`${spelled} has the canonical texts that every engine has`, async () => {
      await using c = await open();
      const table = await written(c, 'first', { type, values: kept });
      const expected = kept.map(({ text, canonical }) => canonical ?? text);
      expect(await texts(c, table, (v) => c.types.canonicalText(type, v))).toEqual([...expected, null]);
      const hashes = await texts(
        c,
        table,
        (v) => sql`cast(${c.types.textHash(c.types.canonicalText(type, v))} as ${textOf(c)})`,
      );
      expect(hashes).toEqual([...expected.map(hashOf), null]);
      const digests = await texts(c, table, (v) => c.types.keyedDigest(padsOf(secret), c.types.canonicalText(type, v)));
      expect(digests).toEqual([...expected.map((text) => keyedDigest(secret, text)), null]);
    });

    for (const { text } of values.filter((value) => !kept.includes(value))) {
      test(`${spelled} refuses ${text} rather than changing it`, async () => {
        await using c = await open();
        await expect(written(c, 'first', { type, values: [{ text }] })).rejects.toThrow(EngineError);
      });
    }
  }
}

async function tableOf(c: Connection, table: string, type: Type): Promise<string> {
  await c.execute(sql`create table ${name('conformance', table)} (n ${bigintOf(c)}, v ${c.types.physical(type)})`);
  return table;
}

/** A table with the values in order, and a null behind. */
async function written(c: Connection, table: string, { type, values }: ValuesOfType): Promise<string> {
  await tableOf(c, table, type);
  await loaded(c, table, type, [
    csv([...values.map(({ text }, n) => [String(n), text]), [String(values.length), null]]),
  ]);
  return table;
}

async function loaded(c: Connection, table: string, type: Type, bytes: readonly Uint8Array[]): Promise<void> {
  const staging = `${table}_staging`;
  await c.execute(sql`create table ${name('conformance', staging)} (n ${bigintOf(c)}, v ${textOf(c)})`);
  await c.copyIn(['conformance', staging], ['n', 'v'], chunks(bytes), 'csv');
  await c.execute(sql`insert into ${name('conformance', table)} (n, v)
    select s.n, ${c.types.fromTransport(type, sql`s.v`)} from ${name('conformance', staging)} as s`);
}

async function copied(c: Connection, type: Type, table: string): Promise<Buffer> {
  const rows = sql`select r.n, ${c.types.toTransport(type, sql`r.v`)} as v from ${name('conformance', table)} as r order by r.n`;
  const parts: Uint8Array[] = [];
  for await (const part of c.copyOut(rows, 'csv')) parts.push(part);
  return Buffer.concat(parts);
}

async function texts(c: Connection, table: string, expression: (v: Sql) => Sql): Promise<readonly unknown[]> {
  const rows = await c.query(
    sql`select r.n, ${expression(sql`r.v`)} as v from ${name('conformance', table)} as r order by r.n`,
  );
  return rows.map((row) => row.v);
}

function textOf(c: Connection): Sql {
  return c.types.physical({ kind: 'text' });
}

function bigintOf(c: Connection): Sql {
  return c.types.physical({ kind: 'int', bits: 64 });
}

const secret = 'c0ffee'.padEnd(64, '0');

function hashOf(text: string): string {
  return String(BigInt(`0x${createHash('md5').update(text, 'utf8').digest('hex').slice(0, 15)}`));
}

async function* chunks(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    // Cut at odd places: no boundary of ours means anything.
    for (let at = 0; at < part.length; at += 1009) yield part.subarray(at, at + 1009);
  }
}
