import type { Finding } from '../../findings/finding.ts';
import type { OwnStream } from './start.ts';

/**
 * Rows of a stream that are read while the log is, so that others of its source need not wait; what the log brings of the stream
 * waits in its inbox. Disposed of before its end, the reading is cut: the next opening goes on with it, or begins it anew.
 */
export type Beside = AsyncDisposable & {
  readonly stream: OwnStream;
  /** `read`: opened anew, the stream's inbox is merged. `refused`: they are not taken, as the findings say. Rejects as the reading fails. */
  readonly done: Promise<ReadBeside>;
  /** Of rows that are refused: as if they had never been read. Nothing may append to the inbox any more. */
  giveUp(): Promise<void>;
};

export type ReadBeside =
  | { readonly kind: 'read' }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] };

/** When rows that could not be read are tried again, where the reason does not pass by itself. */
export const readAgainMs = 60_000;
