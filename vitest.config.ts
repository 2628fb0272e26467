import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute or more, those that take longest first. */
const long = [
  ...['test/faults/kill-steps', 'test/faults/silence', 'test/schema-changes/schema-changes', 'test/faults/failover'],
  ...['test/faults/cut', 'test/exactness', 'test/review-kept', 'test/bad-input', 'test/faults/frozen'],
  ...['test/faults/restart', 'test/documents', 'src/flow/capture/load.random', 'src/check/rejudge', 'test/mysql'],
  ...['test/faults/kill-random', 'src/flow/capture/durable', 'src/run/move'],
].map((file) => `/${file}.test.ts`);

/**
 * The long ones begin first: a fresh clone knows no durations, and would go by the size of files, of which a short one
 * that waits for minutes would be left alone at the end.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = long.findIndex((file) => moduleId.endsWith(file));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

/**
 * Tests of rooms without clock, input and output, but for those that draw long: what a file leaves behind in a process is
 * nothing to the next.
 */
const pure = 'src/{findings,types,sql,model,language,plan,check,review}/**/!(*.random|fuzz|rejudge|paths).test.ts';

export default defineConfig({
  test: {
    // Real servers on shared cores: tests wait for events, and this bound is only the backstop.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // What tests check is made, not found: a test of the cache says where.
    env: { FREEHOLD_CACHE: 'off' },
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [pure],
          globalSetup: ['src/engines/postgres/testing/global-setup.ts'],
        },
      },
      // A process for each of a hundred and fifty files takes longer to start than they take.
      { extends: true, test: { name: 'together', include: [pure], isolate: false } },
    ],
  },
});
