import type { Finding } from '../findings/finding.ts';
import type { Sql } from '../sql/sql.ts';
import type { Type } from '../types/type.ts';
import type { Connection, Transport } from './connection.ts';
import type { Access } from './engine.ts';

/**
 * Terms. *source table*: a table of a producer's database. *position*: where in the source's log we are, as text that
 * sorts by code point in log order. *transaction*: the source's; what one commit did. *change*: one row of it.
 */

export type SourceTable = {
  /** The dataset's address: in every message. */
  readonly address: string;
  readonly schema: string;
  readonly table: string;
  /** The key's columns by their names in `columns`; empty: keyless, so append-only. */
  readonly key: readonly string[];
  readonly columns: readonly {
    readonly name: string;
    readonly from: string;
    readonly type: Type;
    readonly nullable: boolean;
  }[];
};

export type Capture = {
  /**
   * Asks the real server, read-only, whether these tables can be read this way. Findings block apply. Changes nothing.
   * `slot` names what cdc would create.
   */
  preflight(
    connection: Connection,
    mode: 'snapshot' | 'cdc',
    tables: readonly SourceTable[],
  ): Promise<readonly Finding[]>;
  /** `select` expression of one source column as its neutral type's physical type on this engine: for snapshots. */
  readonly read: (column: { readonly from: string; readonly type: Type }) => Sql;
  /** The change log; null where the engine has none. */
  readonly log: ChangeLog | null;
};

/** One reader of a source's log: one slot and publication, one binlog connection. */
export type ChangeLog = {
  /**
   * Makes the source ready: publication of exactly these tables, and the slot where there is none. Idempotent.
   * `isLoaded` says of each table whether rows of it rest with us, so that its changes must go on without a gap: where any
   * does, a slot that is gone, or a table that is not published, is an EngineError, since starting anew would lose changes
   * unseen. Only one process has a capture's log open.
   */
  open(
    access: Access,
    capture: CaptureName,
    tables: readonly SourceTable[],
    isLoaded: readonly boolean[],
  ): Promise<OpenLog>;
  /** Removes slot and publication, where they are. */
  drop(access: Access, capture: CaptureName): Promise<void>;
};

/** Names of what is created at the source: `freehold_<environment>_<connection>`, within the engine's limit. */
export type CaptureName = string;

export interface OpenLog extends AsyncDisposable {
  /** Server's identity: system identifier and timeline. A checkpoint of another identity must not go on. */
  readonly identity: string;
  /** Was the slot made by this `open`? Its snapshot must be loaded before anything else. */
  readonly isNew: boolean;
  /** What the source was last told that it may forget: nothing up to here is sent again. */
  readonly acknowledged: Position;
  /** The log's end now. */
  end(): Promise<Position>;
  /**
   * Why the log cannot be gone on from a position without losing changes, as a sentence; null where it can. Absent: it can
   * from any between `acknowledged` and `end`.
   */
  refuses?(position: Position): Promise<string | null>;
  /**
   * A consistent view of the source at a position: the rows as of it, and no change before it again. Held until `close`.
   * The first call after a new slot uses the slot's own exported snapshot; later calls make a temporary slot for the position.
   */
  snapshot(): Promise<ExportedSnapshot>;
  /**
   * Pushes whole transactions in commit order into the sink, from the last acknowledged position on, until `signal`
   * aborts (resolves) or the log fails (rejects with EngineError). Keepalives are answered with the last acknowledged
   * position all the while, even under back-pressure.
   */
  read(sink: ChangeSink, signal: AbortSignal): Promise<void>;
  /** Everything up to here is durable at our side; the source may forget it. */
  acknowledge(position: Position): void;
}

export interface ExportedSnapshot extends AsyncDisposable {
  readonly position: Position;
  /** A session inside the snapshot, read-only, repeatable read. The caller closes it. */
  connect(): Promise<Connection>;
}

/**
 * Sorts by code point in log order within one identity: sixteen upper-case hexadecimal digits of the LSN for PostgreSQL; file
 * and offset for MySQL.
 */
export type Position = string;

/**
 * Where a log's changes go. Rows are not objects: the reader writes each once, as bytes in the staging table's
 * transport, into the buffer that the sink lends it. Order of calls: (shape | begin (change | truncate)* commit | idle)*;
 * `table` is the index into the tables that the log was opened with.
 */
export interface ChangeSink {
  /** The table's columns as the log has them from here on; precedes its first change and follows each change of shape. */
  shape(table: number, shape: StagedShape): void;
  /**
   * `position` is that of the commit to come, or one after the commit before it, where the log tells where a transaction
   * ends only there; `atMs` the source's commit time, ms since 1970.
   */
  begin(position: Position, atMs: number): void;
  /**
   * The buffer for one change of the table, or null where nobody wants it. Called once for each inserted, updated or
   * deleted row; an update that changes the key writes two rows: a delete of the old key, then an upsert.
   */
  change(table: number): StagedRows | null;
  truncate(table: number): void;
  commit(position: Position): void;
  /** Nothing of ours lies before this position. */
  idle(position: Position): void;
  /** Asked between network reads: a promise pauses the reading until it resolves. */
  pressure(): Promise<void> | null;
}

/**
 * Staged rows of one table on their way: bytes of COPY rows without header and trailer. Each row starts with the four
 * columns of `stagedColumns`, then the columns of the shape.
 */
export type StagedRows = {
  buffer: Buffer;
  /** Bytes used. */
  length: number;
  /** Rows written. */
  rows: number;
  /** The ordinal that the reader writes into each row. */
  ordinal: bigint;
  /** The next row's sequence within the batch; the reader adds one for each row. */
  sequence: number;
  /** Has any row an unchanged column (`fh_unchanged` not null)? */
  hasUnchanged: boolean;
};

/**
 * Columns before a staged row's own, in order. fh_ordinal: bigint. fh_seq: integer, order within the batch. fh_op:
 * smallint, 0 delete (only the key's columns are set) or 1 upsert. fh_unchanged: bytea or null: bit i (most significant
 * first within each byte, as get_bit(bytea, i ^ 7) reads) is set where the shape's column i was left as it was and is not
 * in the log (a large value stored out of line); when an update both moves a key and leaves such a column, its upsert
 * follows the delete of the old key with the next fh_seq.
 */
export const stagedColumns = ['fh_ordinal', 'fh_seq', 'fh_op', 'fh_unchanged'] as const;

/**
 * Columns of the staging table after `stagedColumns`; the transport its rows are in. A log's rows are `binary` or `text`
 * where it is PostgreSQL's own; `csv` is for rows between engines, and each of its columns is staged as text.
 */
export type StagedShape = {
  readonly transport: Transport;
  /** `name`: the dataset's column; `wire`: the staging column's physical type, as the log sends it (`character varying`). */
  readonly columns: readonly { readonly name: string; readonly wire: string; readonly type: Type }[];
};
