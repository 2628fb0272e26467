import { type Clock, steadyMs } from '../../base/clock.ts';
import type { ExportedSnapshot, OpenLog, Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';

/** A consistent view of the source. `position`: its place in the log; null where the source has none. */
export type View = {
  readonly position: Position | null;
  /** A session inside it, read-only. The caller closes it. */
  connect(): Promise<Connection>;
};

/** Views of one source, one at a time. */
export type Views = AsyncDisposable & {
  /** The open one; where there is none, or it has had its time, a new one. Sessions inside the old one were closed before. */
  current(): Promise<View>;
  /** Has the open view had its time? Who reads in it ends with the part that is being read, then asks for another. */
  isOver(): boolean;
  /** Its time is over: the next is a new one. */
  spend(): void;
  /** Is there no other than the open one? */
  readonly isOnly: boolean;
};

/**
 * How long a view is held open. As long as it is, the source keeps every row version that was deleted since, and whoever
 * changes the form of a table that it has read waits for it. Long enough that opening one, some moments, costs nothing.
 */
export const usualViewMs = 15 * 60_000;

/** Views beside a log, each at its own position. */
export function viewsOf(log: Pick<OpenLog, 'snapshot'>, clock: Clock, viewMs: number = usualViewMs): Views {
  let open: { readonly view: ExportedSnapshot; untilMs: number } | null = null;
  const isOver = () => open !== null && steadyMs(clock) >= open.untilMs;
  const end = async () => {
    const ended = open;
    open = null;
    await ended?.view[Symbol.asyncDispose]();
  };
  return {
    isOnly: false,
    isOver,
    spend() {
      if (open !== null) open.untilMs = Number.NEGATIVE_INFINITY;
    },
    async current() {
      if (isOver()) await end();
      open ??= { view: await log.snapshot(), untilMs: steadyMs(clock) + viewMs };
      return open.view;
    },
    [Symbol.asyncDispose]: end,
  };
}

/** The one view there is, which is its opener's to end. */
export function onlyView(view: View): Views {
  return {
    current: () => Promise.resolve(view),
    isOver: () => false,
    spend() {},
    isOnly: true,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
