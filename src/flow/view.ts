import type { Connection } from '../engine/connection.ts';

/**
 * Everything that `work` reads is as of one moment. `still`: tables that are read and may be made anew meanwhile under their
 * names, by a change of layout or of a type: the view has no rows of such a one, so whoever would change them waits for its end.
 */
export function inOneView<T>(
  c: Connection,
  work: () => Promise<T>,
  still: readonly (readonly [string, string])[] = [],
): Promise<T> {
  const hold = still.length === 0 ? undefined : c.dialect.stillTables?.(still);
  const read = async () => {
    if (hold !== undefined) await c.execute(hold);
    return work();
  };
  return c.transaction(read, { isolation: 'repeatable read', readOnly: true });
}
