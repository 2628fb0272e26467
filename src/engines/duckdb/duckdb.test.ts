import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { engineConforms } from '../../engine/conformance/suite.ts';
import { duckdb } from './engine.ts';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'freehold-duckdb-'));
});
afterAll(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));

engineConforms(duckdb, {
  access: async () => ({
    engine: 'duckdb',
    label: 'duckdb conformance',
    fields: { file: join(room, 'conformance.duckdb'), memory_limit: '500MB', threads: 2 },
  }),
  // NaN has no place in DuckDB's decimals; its timestamps end in 294247; its intervals are finite.
  refused: ['decimal(12,2) NaN', 'timestamp 294276-12-31 23:59:59.999999', 'interval infinity', 'interval -infinity'],
});
