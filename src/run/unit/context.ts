import type { Clock } from '../../base/clock.ts';
import type { CaptureOptions } from '../../flow/capture/cdc.ts';
import type { Sessions } from '../../flow/sessions.ts';
import type { Ledger } from '../../ledger/open.ts';
import type { Bells } from '../bells.ts';
import type { Containers } from '../containers.ts';
import type { Listener } from '../events.ts';

/** For tests: `hook` is called at each boundary between steps, of captures and of replicas; how patient captures are. */
export type Trial = Pick<CaptureOptions, 'hook' | 'batchBytes' | 'lookEveryMs' | 'patienceMs'>;

/** What every unit's work is given. */
export type WorkContext = {
  readonly containers: Containers;
  /** For work that is done now and then; work without end has a session of its own. */
  readonly sessions: Sessions;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Aborted when the process should stop: work ends at its next committed checkpoint. */
  readonly signal: AbortSignal;
  /** Do what there is to do now, then end. */
  readonly once: boolean;
  readonly on: Listener;
  /** Ring `<container> <stream>` when rows moved. */
  readonly bells: Bells;
  /** `<container> <stream>` -> everything committed at the source before this instant is there. */
  readonly asOf: Map<string, number>;
  readonly trial?: Trial;
};

/** Where a stream's rows are: the name of its bell, and the key of its `asOf`. */
export function restingPlace(container: string, stream: string): string {
  return `${container} ${stream}`;
}
