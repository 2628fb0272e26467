import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Real servers on shared cores: tests wait for events, and this bound is only the backstop.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    globalSetup: ['src/engines/postgres/testing/global-setup.ts'],
    // What tests check is made, not found: a test of the cache says where.
    env: { FREEHOLD_CACHE: 'off' },
    pool: 'forks',
    maxWorkers: 2,
  },
});
