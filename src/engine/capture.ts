import type { Finding } from '../findings/finding.ts';
import type { Sql } from '../sql/sql.ts';
import type { Type } from '../types/type.ts';
import type { Connection, EngineError, Transport } from './connection.ts';
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
  /** The column that it is read by, by its name at the source; absent: by none. */
  readonly watermark?: string;
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
   * `capture` names what cdc would create, where that is known.
   */
  preflight(
    connection: Connection,
    mode: 'snapshot' | 'cdc',
    tables: readonly SourceTable[],
    capture?: CaptureName,
  ): Promise<readonly Finding[]>;
  /** `select` expression of one source column as its neutral type's physical type on this engine: for snapshots. */
  readonly read: (column: { readonly from: string; readonly type: Type }) => Sql;
  /**
   * Splits a table into parts of about so many bytes each, that together are its rows, each once, in any view that is not
   * older than the answer is. One part where it cannot be split. Absent: the engine splits none.
   */
  readonly parts?: (connection: Connection, table: TableName, bytes: number) => Promise<readonly TablePart[]>;
  /**
   * Which storage the rows of a table rest in, by whose addresses its parts go, as the view has it that the session is in;
   * it stays so until that transaction ends. Null: it became another after the view began, so the view may lack rows, or
   * somebody is about to make it another; the view is of no more use, and where it waited the session neither.
   * Absent: parts go by values, wherever the rows rest.
   */
  readonly storage?: (connection: Connection, table: TableName) => Promise<string | null>;
  /**
   * Lets further sessions into one view. `share` names that of a repeatable-read transaction that is open; `join` begins
   * one in another session, read-only, that ends with the session. The view lasts as long as the first. Absent: a view has
   * one session.
   */
  readonly sharedView?: {
    readonly share: (connection: Connection) => Promise<string>;
    readonly join: (connection: Connection, view: string) => Promise<void>;
  };
  /**
   * Why values of a type cannot be compared with those of a store, so that verifying leaves its columns out and says so;
   * null where they can. Absent: all can.
   */
  readonly incomparable?: (type: Type) => string | null;
  /** The change log; null where the engine has none. */
  readonly log: ChangeLog | null;
  /** How a table's rows are read range by range; null where no index has the order of its key. Absent: never. */
  readonly keyRanges?: (connection: Connection, table: SourceTable) => Promise<KeyRanges | null>;
  /**
   * Which database a session is in: one text however it is reached, and another for every other database, a copy on another
   * server too. Null: this account may not know. Absent: the engine does not say.
   */
  readonly database?: (connection: Connection) => Promise<string | null>;
  /**
   * Where the log ends now, asked in an ordinary session: no commit whose rows this session has seen lies behind it.
   * Absent: nobody can say.
   */
  readonly logEnd?: (connection: Connection) => Promise<Position>;
};

export type KeyRanges = {
  /**
   * Both halves of a comparison of a key column, in the column's own type and order, so that its index answers; `text` is
   * a parameter with the transport text of one of the column's values.
   */
  readonly compared: (
    column: { readonly from: string; readonly type: Type },
    text: Sql,
  ) => { readonly column: Sql; readonly bound: Sql };
  /** An expression whose text is another for each version of a row, also of one that changed and changed back. */
  readonly rowVersion: Sql | null;
};

export type TableName = { readonly schema: string; readonly table: string };

/**
 * `where`: a condition on the table's rows, of constants alone; `bytes`, `rows`: about how large they are and how many, by the
 * engine's statistics; null where it has none.
 */
export type TablePart = { readonly where: Sql; readonly bytes: number; readonly rows: number | null };

/** One reader of a source's log: one slot and publication, one binlog connection. */
export type ChangeLog = {
  /**
   * Makes the source ready: publication of exactly these tables, and the slot where there is none. Idempotent. Where rows
   * of a table rest with us and the log from there is gone, nothing is begun anew: the answer is `lost`, and whoever wants
   * to begin anew drops the log and opens it without those rows. Only one process has a capture's log open.
   * `directory` is ours: for what the log puts aside on disk. Errors: EngineError.
   */
  open(
    access: Access,
    capture: CaptureName,
    tables: readonly LoggedTable[],
    directory: string,
  ): Promise<{ readonly kind: 'open'; readonly log: OpenLog } | { readonly kind: 'lost'; readonly loss: Loss }>;
  /** Removes slot and publication, where they are. */
  drop(access: Access, capture: CaptureName): Promise<void>;
};

export type LoggedTable = SourceTable & {
  /**
   * The table's `Look.marks` when its rows were read, or of the last look that found no loss; '' where nobody kept it; null:
   * no rows of it rest with us. Who gives null for rows that missed changes, to read them anew, notes the gap before: the
   * next open cannot know of it.
   */
  readonly mark: string | null;
};

/**
 * Changes that the log will never bring: what was committed after `from` (null: nobody knows since when) and up to `to`
 * (null: up to wherever the rows are read next). Whoever reads the rows anew and merges the difference has mended it.
 */
export type Loss = {
  readonly cause: LossCause;
  readonly from: Position | null;
  readonly to: Position | null;
  /** What is wrong and why it matters. */
  readonly message: string;
  /** What to do. */
  readonly help: string;
};

/**
 * slot-gone, slot-lost: the server's note of how far we read is not there, or was invalidated. other-server: another system
 * or a restored copy. diverged: the position lies on a branch of the source's past that a take-over ended. behind: the source
 * was told that more is kept than is here. beyond-end: the source's log ends before the position. unpublished, recreated,
 * partitions, unlogged: rows of one table came, went or changed without being in the log. purged: the server has deleted the log
 * from there on.
 */
export type LossCause =
  | 'slot-gone'
  | 'slot-lost'
  | 'other-server'
  | 'diverged'
  | 'behind'
  | 'beyond-end'
  | 'unpublished'
  | 'recreated'
  | 'partitions'
  | 'unlogged'
  | 'purged';

export type Look = {
  /** Which table each name stands for now: to be kept with its rows where there is no loss, and given to the next `open`. '': none. */
  readonly marks: readonly string[];
  /** By index: tables whose rows rest with us and have missed changes. */
  readonly losses: ReadonlyMap<number, Loss>;
  /** What the source keeps for us and why that may end; empty: nothing to worry about. Warnings. */
  readonly findings: readonly Finding[];
};

/** Names of what is created at the source: `freehold_<environment>_<connection>`, within the engine's limit. */
export type CaptureName = string;

export interface OpenLog extends AsyncDisposable {
  /** Server's identity: system identifier and timeline. */
  readonly identity: string;
  /** Was the slot made by this `open`? Its snapshot must be loaded before anything else. */
  readonly isNew: boolean;
  /** What the source was last told that it may forget: nothing up to here is sent again. */
  readonly acknowledged: Position;
  /** Looks at the source's tables, publications and slot as they are now. To be asked after `open`, and now and then. */
  look(): Promise<Look>;
  /** Can rows that have everything up to this position go on from it? Null: yes. */
  past(held: { readonly identity: string | null; readonly position: Position }): Promise<Loss | null>;
  /** The log's end now. */
  end(): Promise<Position>;
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
   * `position` is that of the commit to come, or one behind the commit before it, where the log tells only at a transaction's
   * end where that is; `atMs` the source's commit time, ms since 1970. A `large` transaction was
   * put aside on disk until its commit; it is kept there until it is acknowledged, so that a restart in its middle goes
   * on from there, if everything before it is acknowledged: it should be a batch of its own.
   */
  begin(position: Position, atMs: number, size: 'large' | 'ordinary'): void;
  /**
   * The buffer for one change of the table, or null where nobody wants it. Called once for each inserted, updated or
   * deleted row; an update that changes the key writes two rows: a delete of the old key, then an upsert.
   */
  change(table: number): StagedRows | null;
  truncate(table: number): void;
  commit(position: Position): void;
  /** Nothing of ours lies before this position. */
  idle(position: Position): void;
  /**
   * The log brings nothing more of the table in this reading, from the transaction under way on, which is then incomplete
   * for its stream: its shape is none that we can read, or it is no longer the table that it was. Others go on. Called in
   * place of a change; false: nobody wants that change, and the log goes on with the table.
   */
  stop(table: number, why: Loss | EngineError): boolean;
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
  /** Has any row an unchanged column (a bit of `fh_unchanged` set)? */
  hasUnchanged: boolean;
};

/**
 * Columns before a staged row's own, in order. fh_ordinal: bigint. fh_seq: integer, order within the batch. fh_op:
 * smallint, 0 delete (only the key's columns are set) or 1 upsert. fh_unchanged: bytea or null: bit i (most significant
 * first within each byte, as get_bit(bytea, i ^ 7) reads) is set where the shape's column i was left as it was and is not
 * in the log (a large value stored out of line). An update that moves a key is a delete of the old key, whose fh_unchanged is
 * then not null and has no bit set, and with the next fh_seq the upsert of the new one.
 */
export const stagedColumns = ['fh_ordinal', 'fh_seq', 'fh_op', 'fh_unchanged'] as const;

/**
 * Columns of the staging table after `stagedColumns`; the transport its rows are in. A log's rows are `binary` or `text`
 * where the store speaks it; `csv` is for rows between engines, and each of its columns is staged as text.
 */
export type StagedShape = {
  readonly transport: Transport;
  /** `name`: the dataset's column; `wire`: the staging column's physical type, as the log sends it (`character varying`). */
  readonly columns: readonly {
    readonly name: string;
    readonly wire: string;
    readonly type: Type;
    /** The type at the source, in its own spelling, where it has values that `type` does not hold; absent: it has none. */
    readonly source?: string;
  }[];
};

/** The `code` of an EngineError: a table at the source no longer has the columns that the model says, in its types. */
export const unfitCode = 'unfit';
