import { expect, test } from 'vitest';
import { interferenceIn } from '../../sql/lineage/testing/interference.ts';
import { randomQuery } from '../../sql/lineage/testing/random-query.ts';
import { postgres } from './engine.ts';
import { testServer } from './testing/server.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`PostgreSQL makes a column of nothing but what it is told to come from (seed ${seed})`, async () => {
  const server = await testServer();
  await using connection = await postgres.connect(server.access(await server.createDatabase('lineage')), 'test');
  const queries = Array.from({ length: 250 }, (_, i) => randomQuery(seed + i));
  const { followed, holes } = await interferenceIn(connection, 'postgres', queries, seed);
  expect(holes).toEqual([]);
  expect(followed).toBeGreaterThan(40);
});
