import type { Clock } from '../../base/clock.ts';
import type { Capture } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { CaptureMode } from '../../engine/facts.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import type { Kept } from './part.ts';
import type { ReplicaToVerify } from './replica.ts';

/** Columns that source and store write so differently that equal values have different texts, each with the reason. */
export type NotCompared = { readonly column: string; readonly why: string };

export function notComparedOf({ dataset, source }: Pick<VerifyRequest, 'dataset' | 'source'>): readonly NotCompared[] {
  return dataset.columns.flatMap(({ name, type }) => {
    const why = source.capture.incomparable?.(type) ?? null;
    return why === null ? [] : [{ column: name, why }];
  });
}

export type VerifyRequest = {
  readonly stream: string;
  readonly mode: CaptureMode;
  readonly dataset: StreamDataset;
  readonly source: { readonly connect: () => Promise<Connection>; readonly capture: Capture };
  readonly store: { readonly connect: () => Promise<Connection> };
  readonly replicas: readonly ReplicaToVerify[];
  /**
   * Resolves when the flow has merged all that a session at the source has seen when this is called, or with false when it
   * gives up. Null where nothing moves: the source is not written to and the flow has caught up.
   */
  readonly catchUp: ((source: Connection) => Promise<boolean>) | null;
  readonly clock: Clock;
  /** Called before each reading of a range, and may wait: how much load this is. Rejects where it is to stop. */
  readonly pace?: () => Promise<void>;
  /** Told as it goes: given back as `resume`, it goes on from there. */
  readonly onProgress?: (kept: Kept) => Promise<void>;
  readonly resume?: Kept;
  readonly rowsInRange?: number;
};
