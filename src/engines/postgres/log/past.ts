import { must } from '../../../base/must.ts';
import type { Loss, Position } from '../../../engine/capture.ts';
import { behind, beyondEnd, diverged, otherServer } from './loss.ts';
import { positionOfLsn } from './position.ts';
import type { Walsender } from './walsender.ts';

/** The server's past: which system, and where each earlier timeline was left for the next. */
export type Past = {
  readonly system: string;
  readonly timeline: number;
  /** Where an earlier timeline ended; the present one has none. */
  readonly left: ReadonlyMap<number, Position>;
};

/** Asks a session that has not begun to stream. */
export async function readPast(session: Walsender): Promise<Past> {
  const [identified] = await session.command('IDENTIFY_SYSTEM');
  const system = must(identified?.systemid, 'systemid');
  const timeline = Number(must(identified?.timeline, 'timeline'));
  if (timeline === 1) return { system, timeline, left: new Map() };
  const [history] = await session.command(`TIMELINE_HISTORY ${timeline}`);
  return { system, timeline, left: timelinesLeft(String(history?.content)) };
}

/** A history file: a line for each earlier timeline, its number and the log sequence number where it was left. */
export function timelinesLeft(file: string): ReadonlyMap<number, Position> {
  const lines = [...file.matchAll(/^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/gim)];
  return new Map(lines.map(([, timeline, lsn]) => [Number(timeline), positionOfLsn(String(lsn))]));
}

export function identityOf({ system, timeline }: Past): string {
  return `${system}/${timeline}`;
}

/** Can rows that have everything up to `position` of the server `identity` go on from it? Null: yes. */
export function lossSince(
  past: Past,
  held: { readonly identity: string | null; readonly position: Position },
  bounds: { readonly acknowledged: Position; readonly end: Position },
  label: string,
): Loss | null {
  const [system, was] = (held.identity ?? '').split('/');
  const timeline = Number(was);
  if (system !== past.system) return otherServer(label, held.identity, identityOf(past));
  if (timeline !== past.timeline) {
    const left = past.left.get(timeline);
    // A timeline that is not among the present one's ancestors, or a later one: an older server was brought back.
    if (left === undefined) return otherServer(label, held.identity, identityOf(past));
    // A commit's record lies wholly before the switch or is not on this side of it.
    if (held.position >= left) return diverged(label, held.position, timeline, left);
  }
  if (held.position > bounds.end) return beyondEnd(label, held.position, bounds.end);
  if (held.position < bounds.acknowledged) return behind(label, held.position, bounds.acknowledged);
  return null;
}
