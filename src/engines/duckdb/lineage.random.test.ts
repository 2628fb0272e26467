import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { interferenceIn } from '../../sql/lineage/testing/interference.ts';
import { randomQuery } from '../../sql/lineage/testing/random-query.ts';
import { duckdb } from './engine.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`DuckDB makes a column of nothing but what it is told to come from (seed ${seed})`, async () => {
  const room = await mkdtemp(join(tmpdir(), 'freehold-lineage-'));
  const fields = { file: join(room, 'lineage.duckdb'), threads: 1 };
  const connection = await duckdb.connect({ engine: 'duckdb', label: 'duckdb', fields }, 'test');
  const queries = Array.from({ length: 250 }, (_, i) => randomQuery(seed + i));
  const { followed, holes } = await interferenceIn(connection, 'duckdb', queries, seed);
  await connection[Symbol.asyncDispose]();
  await rm(room, { recursive: true, force: true, maxRetries: 10 });
  expect(holes).toEqual([]);
  expect(followed).toBeGreaterThan(40);
});
