import { must } from '../../base/must.ts';
import type { ChangeSink, Loss, Position, StagedShape } from '../../engine/capture.ts';
import type { EngineError } from '../../engine/connection.ts';
import type { Reach, Receiving } from './stream.ts';

/** A log's table belongs to one dataset of one stream. `loadedAt`: its changes up to this position are in the loaded rows. */
export type Route = { readonly stream: number; readonly dataset: number; readonly loadedAt: Position | null };

export type Gate = {
  /** Asked between network reads; see ChangeSink.pressure. */
  readonly pressure: () => Promise<void> | null;
  readonly nowMs: () => number;
  /** Kept up to date. */
  readonly reach: Reach;
  /** The time that counts for a transaction that the source says it committed then. */
  readonly committedMs: (atMs: number) => number;
  readonly onReach: (position: Position) => void;
  readonly onStop: (stream: number, why: Loss | EngineError, dataset: number) => void;
  readonly onShape: (stream: number, dataset: number, shape: StagedShape) => void;
};

/** Hands each change of the log to the stream of its table; a stream hears of the transactions alone that have one of its. */
export function streamsSink(routes: readonly Route[], streams: readonly Receiving[], gate: Gate): ChangeSink {
  const ends = streams.map((receiving) => ({ receiving, begun: 0 }));
  const to = routes.map((route) => ({ ...route, end: must(ends[route.stream], 'stream') }));
  const at = (table: number) => must(to[table], 'table of the log');
  /** The transaction that is being read; `n` counts them. */
  const reading: { n: number; position: Position; atMs: number; size: 'large' | 'ordinary' } = {
    n: 0,
    position: '',
    atMs: 0,
    size: 'ordinary',
  };
  const touched: Receiving[] = [];
  const isIn = ({ loadedAt }: Route) => loadedAt !== null && reading.position <= loadedAt;

  /** The stream of a table, which hears of the transaction at its first change. */
  function touch(table: number): Receiving {
    const { end } = at(table);
    if (end.begun !== reading.n) {
      end.begun = reading.n;
      end.receiving.begin(reading.position, reading.atMs, reading.size);
      touched.push(end.receiving);
    }
    return end.receiving;
  }

  function reach(position: Position): void {
    if (position > gate.reach.position) gate.reach.position = position;
    gate.reach.atMs = gate.nowMs();
    gate.onReach(position);
  }

  return {
    shape(table, shape) {
      const { stream, dataset, end } = at(table);
      end.receiving.shape(dataset, shape);
      gate.onShape(stream, dataset, shape);
    },
    begin(position, atMs, size) {
      Object.assign(reading, { n: reading.n + 1, position, atMs: gate.committedMs(atMs), size });
      touched.length = 0;
    },
    change: (table) => (isIn(at(table)) ? null : touch(table).change(at(table).dataset)),
    truncate(table) {
      if (!isIn(at(table))) touch(table).truncate(at(table).dataset);
    },
    commit(position) {
      for (const receiving of touched) receiving.commit(position);
      touched.length = 0;
      reach(position);
    },
    idle: reach,
    stop(table, why) {
      const route = at(table);
      if (isIn(route) || !touch(table).isWanted()) return false;
      gate.onStop(route.stream, why, route.dataset);
      return true;
    },
    pressure: gate.pressure,
  };
}
