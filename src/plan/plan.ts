/**
 * What must exist and run, as plain JSON: nothing after `plan` reads the model again.
 *
 * Terms. *node*: a piece of work that finds what to do by looking at checkpoints. *stream*: the datasets that move
 * together. *layout*: `live` keeps current rows; `split` keeps them and every closed version besides; `history` keeps all
 * versions in one table, the current one with no end.
 */
import type { CaptureMode } from '../engine/facts.ts';
import type { CheckComparison, Container, Otherwise, Priority } from '../model/model.ts';
import type { Type } from '../types/type.ts';

export type Plan = {
  readonly version: 1;
  readonly mesh: string;
  readonly environment: string;
  /** Digest of the model it was made from. */
  readonly model: string;
  /** Containers by id: `ledger`, `connection:shop`, `store:main`, `replica:sql:0`. */
  readonly containers: Readonly<Record<string, Container>>;
  readonly nodes: readonly Node[];
};

export type Node = CaptureNode | StreamNode | ReplicateNode | PublishNode | PurgeNode | VerifyNode;

type NodeBase = {
  /** `capture:shop`, `stream:retail/sales/orders`, `replicate:replica:sql:0:retail/sales/orders`, `publish:retail/insight/reporting.dashboard`, `purge:store:main:retail/sales/orders`, `verify`. */
  readonly id: string;
  /** Ids of nodes whose results this one reads. */
  readonly after: readonly string[];
  readonly priority: Priority;
  /** Sentences for `explain`: the rule, and each alternative that lost. */
  readonly why: readonly string[];
};

/** The one reader of a source's log, for all its cdc streams. */
export type CaptureNode = NodeBase & {
  readonly kind: 'capture';
  readonly connection: string;
  readonly container: string;
  /** Ids of the stream nodes it feeds. */
  readonly streams: readonly string[];
  /** Name of slot and publication. */
  readonly name: string;
};

/** Reads (snapshot, watermark) or receives (cdc) a stream's changes and merges them into its store. */
export type StreamNode = NodeBase & {
  readonly kind: 'stream';
  /** The datastore's address; with `.dataset` where each dataset moves alone. */
  readonly stream: string;
  readonly mode: CaptureMode;
  /** How it is read, where it is read at intervals; absent: by a log, or a snapshot on the usual terms. */
  readonly reading?: Reading;
  /** Container id of the source. */
  readonly source: string;
  /** Container id of the store. */
  readonly container: string;
  /** When what the store has merged may be forgotten by the source's log; absent: at once. */
  readonly durability?: Durability;
  /** The longest time between two reads or batches. */
  readonly intervalMs: number;
  /** The strictest latency any consumer was promised; null where nobody reads it yet. */
  readonly promisedMs: number | null;
  readonly datasets: readonly StreamDataset[];
};

/** Of a store that can fail over: once a standby of it has it, too; or once it is so old. */
export type Durability = { readonly kind: 'standby' } | { readonly kind: 'keep'; readonly ms: number };

/**
 * `maxDeleted`: the share of a dataset's rows that one read may delete. `compare`: what moves, all rows or those whose
 * checksums differ. `sweepMs`: how often all keys are compared, null where deletes are not followed.
 */
export type Reading =
  | { readonly kind: 'snapshot'; readonly maxDeleted: number; readonly compare: 'rows' | 'checksum' }
  | { readonly kind: 'watermark'; readonly maxDeleted: number; readonly sweepMs: number | null };

/** The column, by its name in our tables, that every change makes greater, and how late a row may come to be seen. */
export type Watermark = { readonly column: string; readonly late: Late };

/** Milliseconds of a time, or a number of what is no time. */
export type Late = { readonly ms: number } | { readonly steps: number };

export type StreamDataset = Table & {
  /** Physical name at the source. */
  readonly from: { readonly schema: string; readonly table: string };
  readonly appendOnly: boolean;
  /** Of a stream read by watermark. */
  readonly watermark?: Watermark;
  /** Does anything read its delta, so that merge must keep it? */
  readonly keepsDelta: boolean;
  /** What must hold of its rows; absent: nothing is asked. */
  readonly checks?: readonly PlannedCheck[];
};

/** A check, with the names that its columns have in our tables. */
export type PlannedCheck = {
  /** What it is called in findings and in the store: `present(name)`. */
  readonly name: string;
  readonly test: PlannedTest;
  readonly otherwise: Otherwise;
  /** Of the current rows so many must pass; null: not a share. */
  readonly share: number | null;
  /** Of the current rows more than so many must pass. */
  readonly above?: number;
  /** Of the current rows so many may fail. */
  readonly exceptions?: number;
  /** The current rows are judged at most so often; null: each row is, as it comes. */
  readonly everyMs: number | null;
};

export type PlannedTest =
  | { readonly kind: 'declared' }
  | { readonly kind: 'present'; readonly column: string }
  | { readonly kind: 'accepted'; readonly column: string; readonly values: readonly (string | number | boolean)[] }
  /** `isNull`: null is one of them. */
  | {
      readonly kind: 'excluded';
      readonly column: string;
      readonly values: readonly (string | number | boolean)[];
      readonly isNull: boolean;
    }
  | {
      readonly kind: 'between';
      readonly column: string;
      readonly min: string | number | null;
      readonly max: string | number | null;
    }
  | { readonly kind: 'length'; readonly column: string; readonly min: number | null; readonly max: number | null }
  /** As `types/pattern.ts` spells it. */
  | { readonly kind: 'matches'; readonly column: string; readonly pattern: string }
  | { readonly kind: 'compares'; readonly column: string; readonly is: CheckComparison; readonly other: string }
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  /** `to`: a dataset of the same stream, whose key the columns are. */
  | {
      readonly kind: 'refers';
      readonly columns: readonly string[];
      readonly to: Pick<Table, 'address' | 'schema' | 'current' | 'key'>;
    }
  /** `change`: a share of their number. */
  | { readonly kind: 'rows'; readonly min: number | null; readonly max: number | null; readonly change: number | null }
  | { readonly kind: 'fresh'; readonly column: string; readonly withinMs: number };

/** A dataset's tables in one container. */
export type Table = {
  /** `retail/sales/orders.customers`. */
  readonly address: string;
  /** What it is known by, whatever it is called; absent: its address. */
  readonly identity?: string;
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: readonly TableColumn[];
  readonly layout: 'live' | 'split' | 'history';
  /** The one table of layout `history`, once its tables are there: `current` and `history` are then views of it. No plan says it. */
  readonly versions?: string | null;
  /** How long closed versions are kept at least, in ms; absent: for ever, or none are kept. */
  readonly retentionMs?: number;
  /** Schema and tables: current rows, closed versions (split), net changes (where `delta`; the first of its tables). */
  readonly schema: string;
  readonly current: string;
  readonly history: string;
  readonly delta: string;
};

export type TableColumn = {
  /** In our tables; views may show it under another one. */
  readonly name: string;
  /** Physical name at the source. */
  readonly from: string;
  readonly type: Type;
  readonly nullable: boolean;
  /** Its default, as the transport text of its type: what current rows have that are from before the column was there. */
  readonly absent?: string;
};

/** Brings a stream's tables in a replica to where the store is, from the delta alone. */
export type ReplicateNode = NodeBase & {
  readonly kind: 'replicate';
  readonly stream: string;
  /** Container ids. */
  readonly store: string;
  readonly container: string;
  readonly intervalMs: number;
  readonly promisedMs: number | null;
  readonly datasets: readonly ReplicaDataset[];
};

/** A dataset in a replica, and where the store keeps it. */
export type ReplicaDataset = Table & {
  readonly store: {
    readonly schema: string;
    readonly current: string;
    readonly history: string;
    readonly delta: string;
    /** Has the replica a part of its columns alone? */
    readonly isPart?: true;
  };
};

/** Takes away what nobody may ask for any more of a stream in one container: old versions, and deltas that all have read. */
export type PurgeNode = NodeBase & {
  readonly kind: 'purge';
  readonly stream: string;
  readonly container: string;
  readonly datasets: readonly PurgedTable[];
  /** Ids of the replicate nodes that read the stream's delta here. */
  readonly readers: readonly string[];
};

export type PurgedTable = Pick<Table, 'address' | 'name' | 'schema' | 'current' | 'history'> & {
  readonly keepsDelta: boolean;
};

/** Proves over and over that stores are what their sources are, and replicas what their stores are. */
export type VerifyNode = NodeBase & {
  readonly kind: 'verify';
  /** Ids of the stream nodes whose datasets it goes round. */
  readonly streams: readonly string[];
  /** Of the time of one processor, what it takes of a database at most: 0.05 is a twentieth. */
  readonly share: number;
  /** Between two rounds. */
  readonly restMs: number;
};

/** A group's schema of views in the one container that serves it. */
export type PublishNode = NodeBase & {
  readonly kind: 'publish';
  /** `retail/insight/reporting.dashboard`. */
  readonly group: string;
  /** Mesh and environment, `acme/prod`: whose role it is, on a server that several of them share. */
  readonly scope: string;
  readonly container: string;
  readonly schema: string;
  /** The database role that may read the schema; readers are its members. */
  readonly role: string;
  readonly readers: readonly string[];
  readonly promisedMs: number | null;
  readonly views: readonly View[];
};

export type View = {
  readonly name: string;
  readonly stream: string;
  readonly table: Table;
  /** Names of the columns shown. */
  readonly columns: readonly string[];
  /** Names in the table of those that are shown under another one. */
  readonly kept?: Readonly<Record<string, string>>;
  readonly history: boolean;
};
