import type { CaptureName, ChangeLog, LoggedTable, OpenLog } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import type { StreamNode } from '../../plan/plan.ts';
import type { LoadedDataset } from '../bookkeeping.ts';
import type { Belief } from '../checkpoint.ts';
import { type Gap, isOfLoss, noteGap } from '../gaps.ts';
import type { CaptureOptions } from './cdc.ts';
import type { LoadRecord } from './load-record.ts';
import { lossFinding } from './lost.ts';
import { pendingGaps } from './mend.ts';
import { sourceTables } from './source-tables.ts';

/** A stream as its store has it, before it is taken over. */
export type Found = {
  node: StreamNode;
  readonly belief: Belief;
  readonly open: () => Promise<Connection>;
  readonly store: Connection;
  /** Its datasets whose rows are here, by address. */
  readonly loaded: ReadonlyMap<string, LoadedDataset>;
  /** Loads under way, by address; none where they cannot go on. */
  loads: ReadonlyMap<string, LoadRecord>;
  /** Gaps whose rows are still to be read anew. */
  pending: readonly Gap[];
};

/**
 * Opens the log. Where it is gone from the streams' rows on, it is begun anew, and first each stream notes that its rows
 * are to be read anew: a cut at any point is found again. Errors: EngineError.
 */
export async function openLog(
  log: ChangeLog,
  access: Access,
  name: CaptureName,
  found: readonly Found[],
  renewed: ReadonlySet<string>,
  directory: string,
  options: CaptureOptions,
): Promise<OpenLog> {
  for (;;) {
    const opening = await log.open(access, name, loggedTables(found, renewed), directory);
    if (opening.kind === 'lost') {
      options.onLoss?.(null, lossFinding(null, opening.loss));
      for (const one of found) {
        one.loads = new Map();
        if (one.loaded.size === 0) continue;
        const gap = { address: null, cause: opening.loss.cause, isAccepted: false };
        await noteGap(one.store, one.node.stream, gap);
        one.pending = await pendingGaps(one.store, one.node.stream);
      }
      await log.drop(access, name);
      continue;
    }
    const isGoingOn = found.some(
      ({ loaded, loads, pending }) => loaded.size + loads.size > 0 && !pending.some(isOfAll),
    );
    if (opening.log.isNew || isGoingOn) return opening.log;
    // A load was cut before anything of it was committed, and the slot's snapshot went with its process.
    await opening.log[Symbol.asyncDispose]();
    await log.drop(access, name);
  }
}

/** With the mark of each table whose rows go on; null where there are none, or they are to be read anew. */
export function loggedTables(found: readonly Found[], renewed: ReadonlySet<string>): readonly LoggedTable[] {
  return found.flatMap(({ node, loaded, loads, pending }) =>
    sourceTables(node).map((table) => {
      const isRenewed = renewed.has(table.address) || pending.some(isOfAll);
      const kept = loaded.get(table.address) ?? loads.get(table.address);
      return { ...table, mark: isRenewed ? null : (kept?.mark ?? null) };
    }),
  );
}

/** Are changes of all its datasets lost? */
export function isOfAll(gap: Gap): boolean {
  return gap.address === null && isOfLoss(gap);
}
