import type { Finding } from '../findings/finding.ts';
import type { LoadProgress } from '../flow/capture/load-progress.ts';

/**
 * What the loop did, as it happens: for the screen, the ledger's statistics and the logs.
 *
 * Terms. *unit*: what one process owns at a time: a capture, a snapshot stream, a replica of a stream, a group's views.
 * `asOfMs`: everything committed at the source before this instant (ms since 1970) is in the rows.
 */
export type LoopEvent =
  | { readonly kind: 'owned'; readonly unit: string; readonly epoch: bigint }
  | { readonly kind: 'elsewhere'; readonly units: readonly string[] }
  | {
      readonly kind: 'moved';
      readonly unit: string;
      /** The plan's node whose rows moved: of a stream, or of its replica. */
      readonly node: string;
      readonly stream: string;
      readonly container: string;
      readonly ordinal: bigint;
      readonly position: string | null;
      readonly rows: number;
      readonly asOfMs: number | null;
    }
  | {
      /** Some more of a stream's tables was loaded; told now and then. */
      readonly kind: 'loading';
      readonly unit: string;
      readonly node: string;
      readonly stream: string;
      readonly progress: LoadProgress;
    }
  | {
      /** What nobody may ask for any more went. */
      readonly kind: 'purged';
      readonly unit: string;
      readonly stream: string;
      readonly container: string;
      readonly versions: number;
    }
  | {
      /** A dataset was verified. */
      readonly kind: 'verified';
      readonly unit: string;
      readonly stream: string;
      readonly dataset: string;
      readonly differences: number;
      readonly findings: readonly Finding[];
    }
  | { readonly kind: 'published'; readonly group: string; readonly findings: readonly Finding[] }
  /** `node`: the one node of the unit that is held; null: the whole unit. */
  | { readonly kind: 'held'; readonly unit: string; readonly node: string | null; readonly finding: Finding }
  /** The stream of a node goes on, and something is to be known of it. */
  | { readonly kind: 'noticed'; readonly unit: string; readonly node: string; readonly finding: Finding }
  /** The unit goes on, and something should be mended; null: nothing any more. */
  | { readonly kind: 'warned'; readonly unit: string; readonly finding: Finding | null }
  | {
      readonly kind: 'failed';
      readonly unit: string;
      /** The one node of the unit that failed; null: the whole unit. */
      readonly node: string | null;
      readonly message: string;
      /** Null: it has stopped, and waits for somebody to mend the cause and start it again. */
      readonly retryAfterMs: number | null;
    };

export type Listener = (event: LoopEvent) => void;
