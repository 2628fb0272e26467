import { type StagedShape, unfitCode } from '../../engine/capture.ts';
import { EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { typeText } from '../../types/text.ts';
import { noteGap } from '../gaps.ts';
import { unfitColumns } from '../merge/unfit.ts';
import type { Sessions } from '../sessions.ts';
import type { OwnStream } from './start.ts';

/**
 * A source whose columns are no longer what the model says. While values fit, the stream goes on and it is told once; where
 * one does not, or a column is gone, that stream alone stops and its changes wait. It goes on when the model was changed, with
 * the log; and when the source was changed back: what lies between was written in another shape, so the rows are read anew,
 * and a gap says so.
 */

export function isUnfit(failure: unknown): failure is EngineError {
  return failure instanceof EngineError && failure.code === unfitCode;
}

/** What to tell of columns whose type at the source has more values than the model's. */
export function widerFindings(dataset: StreamDataset, shape: StagedShape): readonly Finding[] {
  return unfitColumns(dataset, shape).map(({ column, source }) =>
    finding({
      rule: 'wider-at-source',
      severity: 'warning',
      address: `${dataset.address}#${column.name}`,
      message: `column '${column.from}' of dataset '${dataset.address}' is now ${source} at the source, and the model says ${typeText(column.type)}. The stream goes on while values fit; the first that does not stops it, and what changes waits.`,
      help: 'Write the new type in the model (freehold sync does) and apply it, or change the column back at the source.',
    }),
  );
}

/**
 * Asks the source whether it is what the model says again, and if so has the rows read anew: of one dataset, or where changes
 * of the stream wait in an inbox already, of all. True: it was noted, and everything is to be opened anew.
 */
export async function isFitAgain(
  { node }: Pick<OwnStream, 'node'>,
  address: string | null,
  sessions: Sessions,
  isReadable: ((node: StreamNode) => Promise<boolean>) | undefined,
): Promise<boolean> {
  if (isReadable === undefined || !(await isReadable(node))) return false;
  const lost = { address, cause: 'unfit', isAccepted: false };
  await sessions.lend(node.container, (store) => noteGap(store, node.stream, lost));
  return true;
}
