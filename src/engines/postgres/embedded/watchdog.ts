import { existsSync } from 'node:fs';
import { systemClock } from '../../../base/clock.ts';
import { withFileLock } from '../../../base/file-lock.ts';
import { must } from '../../../base/must.ts';
import { livingPostmaster, type Postmaster, stopPostmaster } from './postmaster.ts';
import { dropState, isHeld, lockOf, type State, stateOf } from './state.ts';

/**
 * A process of its own that outlives those who use a server: `watchdog <data directory>`. Once a second it looks whether
 * any holder lives; when none does, it stops the server and ends. Killed itself, it is started again by the next holder.
 * A program, not a module: importing it runs it.
 */
await watch(stateOf(must(process.argv[2], 'data directory')));

async function watch(state: State): Promise<void> {
  // Signals of a terminal or a service manager go to a whole group; the holders decide.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  let last: Postmaster | null = null;
  for (;;) {
    await systemClock.sleep(1000);
    last = (await livingPostmaster(state.data)) ?? last;
    if (!existsSync(state.directory)) {
      // Somebody removed it all: the lock must not make it anew.
      if (last !== null) await stopPostmaster(last);
      return;
    }
    if (await isHeld(state)) continue;
    const isDone = await withFileLock(lockOf(state), async () => {
      // A holder may have come while we waited for the lock; holders come under it.
      if (await isHeld(state)) return false;
      const postmaster = (await livingPostmaster(state.data)) ?? last;
      if (postmaster !== null) await stopPostmaster(postmaster);
      await dropState(state, 'server.json');
      await dropState(state, 'watchdog');
      return true;
    });
    if (isDone) return;
  }
}
