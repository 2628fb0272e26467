import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from '../../../base/file-lock.ts';
import { livingPostmaster, stopPostmaster } from '../embedded/postmaster.ts';
import { hold, letGo, lockOf, makeState, stateOf } from '../embedded/state.ts';

/**
 * Names the directory of this run's server and holds it, so that it lives from the first test that asks for it to the end
 * of the run; starts nothing, since most tests need no server.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const room = await mkdtemp(join(tmpdir(), 'freehold-test-'));
  // As root the server runs as another account, which must pass.
  await chmod(room, 0o755);
  const state = stateOf(join(room, 'postgres'));
  await makeState(state);
  await hold(state);
  process.env.FREEHOLD_TEST_SERVER = state.data;
  return async () => {
    await withFileLock(lockOf(state), async () => {
      await letGo(state);
      const postmaster = await livingPostmaster(state.data);
      if (postmaster !== null) await stopPostmaster(postmaster);
    });
    await rm(room, { recursive: true, force: true, maxRetries: 10 });
  };
}
