import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { livingPostmaster } from '../embedded/postmaster.ts';
import { leave } from '../embedded/server.ts';
import { hold, isHeld, makeState, stateOf } from '../embedded/state.ts';

const prefix = 'freehold-test-';

/**
 * Names the directory of this run's server and holds it, so that it lives from the first test that asks for it to the end
 * of the run; starts nothing, since most tests need no server.
 */
export default async function setup(): Promise<() => Promise<void>> {
  await clear(tmpdir());
  const room = await mkdtemp(join(tmpdir(), prefix));
  // As root the server runs as another account, which must pass.
  await chmod(room, 0o755);
  const state = stateOf(join(room, 'postgres'));
  await makeState(state);
  await hold(state);
  process.env.FREEHOLD_TEST_SERVER = state.data;
  return async () => {
    await leave(state);
    await rm(room, { recursive: true, force: true, maxRetries: 10 });
  };
}

/** Runs that were killed left their directories; their servers stopped by themselves. */
async function clear(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const state = stateOf(join(parent, name, 'postgres'));
    // Just made by a run that is about to hold it.
    const { mtimeMs } = await stat(join(parent, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs < 3_600_000 || (await isHeld(state)) || (await livingPostmaster(state.data)) !== null)
      continue;
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 10 }).catch(() => undefined);
  }
}
