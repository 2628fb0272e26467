import { expect, test } from 'vitest';
import { sql } from '../../sql/sql.ts';
import { type Connection, EngineError } from '../connection.ts';
import type { OpenConnection } from './open.ts';

/** All or nothing, and what others see meanwhile. */
export function transactionsConform(open: OpenConnection, openMore: () => Promise<Connection>): void {
  test('a transaction is seen by others when it is committed, and not before', async () => {
    await using c = await started(open);
    await using other = await openMore();
    await c.transaction(async () => {
      await c.execute(sql`insert into conformance.t values (1)`);
      expect(await count(other)).toBe(0);
    });
    expect(await count(other)).toBe(1);
  });

  test('a transaction whose work fails leaves nothing and rejects with the same failure', async () => {
    await using c = await started(open);
    const failure = new Error('no');
    const work = c.transaction(async () => {
      await c.execute(sql`insert into conformance.t values (1)`);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await count(c)).toBe(0);
    expect(await c.transaction(async () => 'again')).toBe('again');
  });

  test('a failure that the work swallowed is never half a transaction', async () => {
    await using c = await started(open);
    const work = c.transaction(async () => {
      await c.execute(sql`insert into conformance.t values (1)`);
      await c.query(sql`select n from conformance.absent`).catch(() => undefined);
      await c.execute(sql`insert into conformance.t values (2)`).catch(() => undefined);
    });
    const committed = await work.then(
      () => true,
      (failure: unknown) => {
        expect(failure).toBeInstanceOf(EngineError);
        return false;
      },
    );
    expect(await count(c)).toBe(committed ? 2 : 0);
  });

  test('a transaction inside a transaction is refused', async () => {
    await using c = await started(open);
    const inner = c.transaction(() => c.transaction(async () => undefined));
    await expect(inner).rejects.toThrow('transaction');
    expect(await count(c)).toBe(0);
  });

  test('a repeatable read sees one state from its first statement on', async () => {
    await using c = await started(open);
    await using other = await openMore();
    await c.transaction(
      async () => {
        expect(await count(c)).toBe(0);
        await other.execute(sql`insert into conformance.t values (1)`);
        expect(await count(c)).toBe(0);
      },
      { isolation: 'repeatable read', readOnly: true },
    );
    expect(await count(c)).toBe(1);
  });

  test('a read-only transaction writes nothing', async () => {
    await using c = await started(open);
    const work = c.transaction(() => c.execute(sql`insert into conformance.t values (1)`), { readOnly: true });
    await expect(work).rejects.toThrow(EngineError);
    expect(await count(c)).toBe(0);
  });

  test('a session that closes in the middle of a transaction leaves nothing', async () => {
    await using c = await started(open);
    const other = await openMore();
    const work = other.transaction(async () => {
      await other.execute(sql`insert into conformance.t values (1)`);
      await other[Symbol.asyncDispose]();
      await other.execute(sql`insert into conformance.t values (2)`);
    });
    await expect(work).rejects.toThrow(EngineError);
    expect(await count(c)).toBe(0);
  });
}

async function started(open: OpenConnection): Promise<Connection> {
  const c = await open();
  await c.execute(sql`create table conformance.t (n integer)`);
  return c;
}

async function count(c: Connection): Promise<number> {
  const [row] = await c.query(sql`select count(*) as v from conformance.t`);
  return Number(row?.v);
}
