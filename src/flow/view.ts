import type { Connection } from '../engine/connection.ts';

/** Everything that `work` reads is as of one moment. */
export function inOneView<T>(c: Connection, work: () => Promise<T>): Promise<T> {
  return c.transaction(work, { isolation: 'repeatable read', readOnly: true });
}
