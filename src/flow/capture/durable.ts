import { allEnded } from '../../base/all-ended.ts';
import type { Clock } from '../../base/clock.ts';
import type { Position } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Durability } from '../../plan/plan.ts';
import { list, sql, value } from '../../sql/sql.ts';
import { instant } from '../bookkeeping.ts';
import type { OwnStream } from './start.ts';

/**
 * Up to where the log may be let go, of streams whose store can fail over to a copy that is behind it.
 *
 * What such a stream has merged is looked up in its store itself, now and then, never taken from the session that merged it:
 * so what a copy has that took over is what it is found to have. `standby`: a position counts once a standby has on disk all that
 * the store had written when the position was found in it. `keep`: once it was found so long ago.
 */
export type Acknowledging = {
  /** Null: nothing yet, so that what the source has kept it is to keep. `position`: where the stream is, in rows or inbox. */
  readonly reached: (stream: number, position: Position) => Position | null;
  /** Looks into the stores until the signal; calls back when more is reached. A store that does not answer is asked again. */
  readonly watch: (signal: AbortSignal, onReached: () => void) => Promise<void>;
};

type Waiting = { readonly position: Position; readonly written: bigint; readonly atMs: number };

type Followed = {
  readonly stream: string;
  readonly durability: Durability;
  /** The oldest first. */
  waiting: Waiting[];
  reached: Position | null;
  isNoted: boolean;
};

const lookEveryMs = 250;
const lookAtLeastEveryMs = 60_000;
/** Of a time that positions are kept for, so many are written down, for whoever goes on after us. */
const notesKept = 16;

export function acknowledging(streams: readonly OwnStream[], clock: Clock): Acknowledging {
  const followed = new Map<number, Followed>();
  const stores = new Map<string, { readonly open: () => Promise<Connection>; readonly all: Followed[] }>();
  for (const [i, { node, open }] of streams.entries()) {
    if (node.durability === undefined) continue;
    const one = { stream: node.stream, durability: node.durability, waiting: [], reached: null, isNoted: false };
    followed.set(i, one);
    const store = stores.get(node.container) ?? { open, all: [] };
    stores.set(node.container, { ...store, all: [...store.all, one] });
  }
  const seen = new Map<Followed, Position>();
  return {
    reached(i, position) {
      const one = followed.get(i);
      if (one === undefined) return position;
      seen.set(one, position);
      return one.reached === null || one.reached < position ? one.reached : position;
    },
    async watch(signal, onReached) {
      const failed = new AbortController();
      const ending = AbortSignal.any([signal, failed.signal]);
      await allEnded(
        [...stores.values()].map((store) => follow(store.open, store.all)),
        () => failed.abort(),
      );

      async function follow(open: () => Promise<Connection>, all: readonly Followed[]): Promise<void> {
        let session: Connection | null = null;
        try {
          while (!ending.aborted) {
            if (all.some((one) => one.reached === null || one.reached !== seen.get(one))) {
              try {
                session ??= await open();
                if (await look(session, all, clock.nowMs())) onReached();
              } catch (failure) {
                if (!(failure instanceof EngineError)) throw failure;
                await session?.[Symbol.asyncDispose]();
                session = null;
                // Where in its log another server wrote what says nothing of this one's.
                for (const one of all) if (one.durability.kind === 'standby') one.waiting = [];
              }
            }
            await clock.sleep(lookInMs(all), ending);
          }
        } finally {
          await session?.[Symbol.asyncDispose]();
        }
      }
    },
  };
}

/** What is kept for hours need not be looked at several times a second. */
function lookInMs(all: readonly Followed[]): number {
  const waits = all.map(({ durability }) =>
    durability.kind === 'standby' ? lookEveryMs : Math.max(lookEveryMs, durability.ms / notesKept / 4),
  );
  return Math.min(lookAtLeastEveryMs, ...waits);
}

/** True where more was reached. */
async function look(c: Connection, all: readonly Followed[], nowMs: number): Promise<boolean> {
  const names = list(all.map(({ stream }) => value(stream)));
  for (const one of all) if (one.durability.kind === 'keep' && !one.isNoted) await readNoted(c, one);
  const rows = await c.query(sql`select k.stream, coalesce(i.position, k.position) as position
    from freehold.fh_checkpoint k left join freehold.fh_inbox i on i.stream = k.stream where k.stream in (${names})`);
  const positions = new Map(rows.map((row) => [String(row.stream), row.position]));
  // Asked after the positions, so what is written by now has them.
  const isAsked = all.some(({ durability }) => durability.kind === 'standby');
  const [standing] = isAsked && c.dialect.standing !== null ? await c.query(c.dialect.standing) : [];
  const written = typeof standing?.written === 'string' ? BigInt(standing.written) : 0n;
  const flushed = typeof standing?.flushed === 'string' ? BigInt(standing.flushed) : -1n;
  let isMore = false;
  for (const one of all) {
    const position = positions.get(one.stream);
    if (typeof position !== 'string') continue;
    // A copy took over that lacks some.
    one.waiting = one.waiting.filter((each) => each.position <= position);
    const last = one.waiting.at(-1);
    const isNew = last === undefined ? one.reached !== position : last.position < position;
    // What is kept for hours need not be known to the second.
    const isDue = one.durability.kind === 'standby' || nowMs - (last?.atMs ?? 0) >= one.durability.ms / notesKept;
    if (isNew && isDue) {
      one.waiting.push({ position, written, atMs: nowMs });
      if (one.durability.kind === 'keep') await note(c, one, one.durability.ms, position, nowMs);
    }
    const { durability } = one;
    const isSafe = (each: Waiting) =>
      durability.kind === 'standby' ? each.written <= flushed : nowMs - each.atMs >= durability.ms;
    while (one.waiting[0] !== undefined && isSafe(one.waiting[0])) {
      one.reached = one.waiting.shift()?.position ?? one.reached;
      isMore = true;
    }
  }
  return isMore;
}

/** What was found by whoever followed the stream before us. */
async function readNoted(c: Connection, one: Followed): Promise<void> {
  const rows = await c.query(sql`select position, cast(extract(epoch from "at") * 1000 as bigint) as at_ms
    from freehold.fh_position where stream = ${value(one.stream)} order by position`);
  one.waiting = rows.map((row) => ({ position: String(row.position), written: 0n, atMs: Number(row.at_ms) }));
  one.isNoted = true;
}

/** Writes a position down, not too often; older ones go, but for the last that may be let go already. */
async function note(c: Connection, one: Followed, ms: number, position: Position, nowMs: number): Promise<void> {
  const mine = sql`stream = ${value(one.stream)}`;
  await c.execute(sql`insert into freehold.fh_position (stream, position, "at")
    select ${value(one.stream)}, ${value(position)}, ${instant(c, nowMs)}
    where not exists (select 1 from freehold.fh_position where ${mine} and "at" > ${instant(c, nowMs - ms / notesKept)})
    on conflict do nothing`);
  await c.execute(sql`delete from freehold.fh_position where ${mine}
    and "at" < (select max("at") from freehold.fh_position where ${mine} and "at" <= ${instant(c, nowMs - ms)})`);
}
