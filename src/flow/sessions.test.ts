import { expect, test } from 'vitest';
import type { Connection } from '../engine/connection.ts';
import { postgresDialect } from '../engines/postgres/dialect.ts';
import { postgresTypes } from '../engines/postgres/types.ts';
import { lentSessions } from './sessions.ts';

function places(idleMs = 60_000) {
  const log: string[] = [];
  let opened = 0;
  const session = (n: number): Connection => {
    const never = () => Promise.reject(new Error('not asked for'));
    return {
      dialect: postgresDialect,
      types: postgresTypes,
      query: never,
      execute: never,
      transaction: never,
      copyOut: () => {
        throw new Error('not asked for');
      },
      copyIn: never,
      async [Symbol.asyncDispose]() {
        log.push(`closed ${n}`);
      },
    };
  };
  const sessions = lentSessions({
    async connect(container) {
      log.push(`${container} ${++opened}`);
      return session(opened);
    },
    most: 2,
    idleMs,
  });
  return { log, sessions };
}

test('a session is used again, and no more than so many are open at once, in the order in which they were asked for', async () => {
  const { log, sessions } = places();
  const order: number[] = [];
  const work = [1, 2, 3, 4, 5].map((n) =>
    sessions.lend('a', async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(n);
    }),
  );
  await Promise.all(work);
  expect(order).toEqual([1, 2, 3, 4, 5]);
  expect(log).toEqual(['a 1', 'a 2']);
  await sessions.lend('b', async () => undefined);
  expect(log).toEqual(['a 1', 'a 2', 'b 3']);
  await sessions[Symbol.asyncDispose]();
  expect(log.slice(3).sort()).toEqual(['closed 1', 'closed 2', 'closed 3']);
});

test('a session in which work failed is closed, with those that wait unused; its turn goes on', async () => {
  const { log, sessions } = places();
  await Promise.all([sessions.lend('a', async () => undefined), sessions.lend('a', async () => undefined)]);
  const failing = sessions.lend('a', () => Promise.reject(new Error('broke')));
  await expect(failing).rejects.toThrow('broke');
  expect(log.slice(2).sort()).toEqual(['closed 1', 'closed 2']);
  expect(await sessions.lend('a', async () => 'again')).toBe('again');
  expect(log.at(-1)).toBe('a 3');
  await sessions[Symbol.asyncDispose]();
});

test('a session that nobody asks for is closed', async () => {
  const { log, sessions } = places(1);
  await sessions.lend('a', async () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(log).toEqual(['a 1', 'closed 1']);
  await sessions[Symbol.asyncDispose]();
});
