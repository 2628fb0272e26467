import { must } from '../../base/must.ts';
import type { Sessions } from '../sessions.ts';
import type { StoreSessions } from './worker.ts';

/** Sessions of stores, as the streams of one source share them. */
export type SharedSessions = {
  /** Those of a stream's store. */
  of(stream: number): StoreSessions;
  /** Does it have a session and no work? Then it is woken where somebody has to wait. */
  keeps(stream: number, is: boolean): void;
};

/** `containers`: of each stream its store; `wake` ends the wait of one. */
export function sharedSessions(
  sessions: Sessions,
  containers: readonly string[],
  wake: (stream: number) => void,
): SharedSessions {
  const keeping = new Set<number>();
  return {
    of(stream) {
      const container = must(containers[stream], 'store of a stream');
      return {
        async borrow() {
          const free = await sessions.borrowFree(container);
          if (free !== null) return free;
          for (const other of keeping) if (containers[other] === container) wake(other);
          return sessions.borrow(container);
        },
        borrowFree: () => sessions.borrowFree(container),
        isWanted: () => sessions.isWanted(container),
      };
    },
    keeps(stream, is) {
      if (is) keeping.add(stream);
      else keeping.delete(stream);
    },
  };
}
