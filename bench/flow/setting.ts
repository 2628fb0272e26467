import type { Server } from './server.ts';

export type Size = {
  /** Rows of the table `orders`. */
  readonly rows: number;
  /** Changes of the drain in small transactions. */
  readonly changes: number;
  /** Changes of the drain's one large transaction. */
  readonly giant: number;
  /** Transactions of one row. */
  readonly single: number;
  /** TPC-H's scale factor. */
  readonly scale: number;
  /** Changes of each batch that is merged by itself. */
  readonly batches: readonly number[];
  /** How long latency is looked at, at each rate. */
  readonly latencyMs: number;
  /** How long a busy source is looked at. */
  readonly busyMs: number;
  /** Rows of the table that is moved while memory is watched. */
  readonly moved: number;
  /** Rows of the table with many columns, and of the one with large values; tables of the source that has many. */
  readonly columns: number;
  readonly wide: number;
  readonly tables: number;
  /** How often a process is killed. */
  readonly kills: number;
  /** Streams that have nothing to do, how often those are read that are read, and how long they are watched. */
  readonly idle: { readonly streams: number; readonly intervalMs: number; readonly windowMs: number };
};

/** Two clusters with equal settings: the producer's, and the one that holds our tables and the floors'. */
export type Setting = {
  readonly source: Server;
  readonly store: Server;
  readonly size: Size;
  readonly pairs: number;
};
