import { must } from '../../base/must.ts';
import type { ChangeSink, Loss, Position } from '../../engine/capture.ts';
import type { EngineError } from '../../engine/connection.ts';
import type { Receiving } from './stream.ts';

/** A log's table belongs to one dataset of one stream. `loadedAt`: its changes up to this position are in the loaded rows. */
export type Route = { readonly stream: number; readonly dataset: number; readonly loadedAt: Position | null };

export type Gate = {
  /** Asked between network reads; see ChangeSink.pressure. */
  readonly pressure: () => Promise<void> | null;
  readonly nowMs: () => number;
  /** The time that counts for a transaction that the source says it committed then. */
  readonly committedMs: (atMs: number) => number;
  readonly onReach: (position: Position) => void;
  readonly onStop: (stream: number, why: Loss | EngineError) => void;
};

/** Hands each change of the log to the stream of its table. */
export function streamsSink(routes: readonly Route[], streams: readonly Receiving[], gate: Gate): ChangeSink {
  const to = routes.map((route) => ({ ...route, receiving: must(streams[route.stream], 'stream') }));
  const at = (table: number) => must(to[table], 'table of the log');
  /** The position of the commit that is being read. */
  let reading: Position = '';
  const isIn = ({ loadedAt }: Route) => loadedAt !== null && reading <= loadedAt;

  function reach(position: Position): void {
    const nowMs = gate.nowMs();
    for (const stream of streams) stream.reach(position, nowMs);
    gate.onReach(position);
  }

  return {
    shape(table, shape) {
      at(table).receiving.shape(at(table).dataset, shape);
    },
    begin(position, atMs, size) {
      reading = position;
      const committedMs = gate.committedMs(atMs);
      for (const stream of streams) stream.begin(position, committedMs, size);
    },
    change: (table) => (isIn(at(table)) ? null : at(table).receiving.change(at(table).dataset)),
    truncate(table) {
      if (!isIn(at(table))) at(table).receiving.truncate(at(table).dataset);
    },
    commit(position) {
      for (const stream of streams) stream.commit(position);
      reach(position);
    },
    idle: reach,
    stop(table, why) {
      const route = at(table);
      if (isIn(route) || !route.receiving.isWanted()) return false;
      gate.onStop(route.stream, why);
      return true;
    },
    pressure: gate.pressure,
  };
}
