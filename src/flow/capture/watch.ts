import type { Position } from '../../engine/capture.ts';
import { EngineError } from '../../engine/connection.ts';

/**
 * Whether the streams of a log follow it. *Sight*: where the log ended at some time. A stream that stays where it was while
 * the log's end has long been further is no stream that has nothing to do: it is stuck, and is called so.
 */
export type Watch = {
  /** Notes where the log ends now; the streams that stand still, by index. */
  look(end: Position, nowMs: number, streams: readonly Seen[]): readonly Standing[];
};

export type Seen = {
  /** Up to where its rows are durable. */
  readonly held: Position;
  /** Up to where the log was received for it. */
  readonly reached: Position;
  /** Has it something to stage or to merge? */
  readonly isBusy: boolean;
};

/** `isUnread`: nothing comes of the log at all, though there is more. */
export type Standing = { readonly stream: number; readonly sinceMs: number; readonly isUnread: boolean };

export function watchStreams(patienceMs: number): Watch {
  const sights: { readonly atMs: number; readonly end: Position }[] = [];
  const moved: { held: Position; reached: Position; heldMs: number; reachedMs: number }[] = [];
  return {
    look(end, nowMs, streams) {
      sights.push({ atMs: nowMs, end });
      // The last one old enough stays: it is what all are measured by.
      while (sights[1] !== undefined && sights[1].atMs <= nowMs - patienceMs) sights.shift();
      const known = sights[0] !== undefined && sights[0].atMs <= nowMs - patienceMs ? sights[0] : null;
      return streams.flatMap((now, stream): Standing[] => {
        const last = moved[stream] ?? { ...now, heldMs: nowMs, reachedMs: nowMs };
        if (now.held !== last.held) Object.assign(last, { held: now.held, heldMs: nowMs });
        if (now.reached !== last.reached) Object.assign(last, { reached: now.reached, reachedMs: nowMs });
        moved[stream] = last;
        const isLong = (sinceMs: number) => nowMs - sinceMs >= patienceMs;
        if (known === null || now.held >= known.end || !isLong(last.heldMs)) return [];
        // Received and nothing of it for this stream: its position is written from time to time.
        if (!now.isBusy && now.reached >= known.end) return [];
        const isUnread = !now.isBusy && isLong(last.reachedMs);
        return [{ stream, sinceMs: last.heldMs, isUnread }];
      });
    },
  };
}

export function standsStill(
  stream: string,
  held: Position,
  end: Position,
  minutes: number,
  isBusy: boolean,
): EngineError {
  const why = isBusy
    ? 'It has been at one batch all the while: the store is slow, or waits for a lock.'
    : 'Nothing came of what the source has logged since.';
  return new EngineError(
    'conflict',
    `Stream '${stream}' has stood at ${held} for ${minutes} minutes, while the log of its source goes on to ${end}. ${why}`,
  );
}
