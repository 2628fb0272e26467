/**
 * The nouns, as plain readonly data in canonical form: defaults left out, names as authors wrote them. What `language/`
 * gives, `load/` assembles, and `check/` and `plan/` read. `effective.ts` says what an absent attribute means.
 *
 * Terms. *address*: `zone/team/object.dataset#column`, unique in a mesh. *dataset*: one table of a datastore.
 * *workspace*, *group*: what a consumer reads, and the part of it that has one latency and purpose. *container*: one
 * database in one place.
 */
import type { Json } from '../base/digest.ts';
import type { CaptureMode, Purpose } from '../engine/facts.ts';
import type { Place } from '../findings/finding.ts';
import type { Type } from '../types/type.ts';
import type { Owner } from './owner.ts';

export type Model = {
  readonly language: 1;
  readonly mesh: Mesh;
  /** By address: the zone's name. */
  readonly zones: Readonly<Record<string, Zone>>;
  /** By address: `zone/team/name`. */
  readonly datastores: Readonly<Record<string, Datastore>>;
  readonly workspaces: Readonly<Record<string, Workspace>>;
  readonly transformers: Readonly<Record<string, Transformer>>;
  /** By name. */
  readonly environments: Readonly<Record<string, Environment>>;
  /** Statements, by address: `consent:<name>`, `declassification:<name>`, `offer:<name>`. */
  readonly consents: Readonly<Record<string, Consent>>;
  readonly declassifications: Readonly<Record<string, Declassification>>;
  readonly offers: Readonly<Record<string, Offer>>;
};

export type Mesh = {
  readonly name: string;
  readonly language: 1;
  readonly doc?: string;
  readonly owner: Owner;
  readonly zones: Readonly<Record<string, Owner>>;
  readonly environments: Readonly<Record<string, Owner>>;
  /** Vendor -> its locations, `eu/eu-central-1`. */
  readonly vendors?: Readonly<Record<string, readonly string[]>>;
  readonly classification?: {
    /** Ordered, least first. */
    readonly levels: readonly string[];
    readonly labels?: Readonly<Record<string, Label>>;
  };
  readonly regulators?: Readonly<Record<string, Regulator>>;
  /** Whose signatures count as the mesh's word. */
  readonly signers?: readonly Signer[];
  /** Break-glass: how many of a parent's signers take over an orphan, and after what time of notice. Absent: they cannot. */
  readonly recovery?: { readonly signatures: number; readonly waiting: string };
};

/** `dischargedBy`: the masks after which a column no longer carries the label. Absent: none does. */
export type Label = { readonly dischargedBy?: readonly MaskKind[] };

/** A key that signs for an owner, as `ssh-ed25519 AAAA...`; dates are `2026-01-31`, the first and last day it counts. */
export type Signer = {
  readonly key: string;
  readonly from?: string;
  readonly until?: string;
  /** From this day on nothing that it signed counts, whenever it was signed. */
  readonly revoked?: string;
};

/** What a group demands by naming it. `within`: a region, `vendor:path` or `*:path`, in which every copy of its rows rests. */
export type Regulator = { readonly minimumRetention?: string; readonly within?: string };

export type Zone = {
  readonly name: string;
  readonly doc?: string;
  readonly teams: Readonly<Record<string, Team>>;
  /** By name, which findings, tests and consents point at. */
  readonly policies?: Readonly<Record<string, Policy>>;
  /** A duration: how long before its removal a thing of the zone must be called deprecated. Absent: 30 days. */
  readonly notice?: string;
  /** Glossary: what words mean here, by term. */
  readonly terms?: Readonly<Record<string, string>>;
  /** Whose signatures count as the zone's word. */
  readonly signers?: readonly Signer[];
};

/**
 * A demand on every place where a row of the zone rests, on how long it rests there, and on who reads it, wherever the
 * row goes. `from`: a date; until then what violates it already is inherited, and only new violations block.
 */
export type Policy = { readonly demands: Predicate; readonly from?: string; readonly doc?: string };

/** A predicate over one place of one column's path: see docs/policies.md for what each asks of a place. */
export type Predicate =
  | { readonly kind: 'all'; readonly of: readonly Predicate[] }
  | { readonly kind: 'any'; readonly of: readonly Predicate[] }
  | { readonly kind: 'not'; readonly of: Predicate }
  | { readonly kind: 'when'; readonly if: Predicate; readonly demand: Predicate }
  /** The row has a column with the label, or of the level or above it. */
  | { readonly kind: 'classified'; readonly as: string }
  /** The place lies in one of the regions, `vendor:path` or `*:path`. */
  | { readonly kind: 'within'; readonly regions: readonly string[] }
  | { readonly kind: 'vendors'; readonly vendors: readonly string[] }
  | { readonly kind: 'engines'; readonly engines: readonly string[] }
  | { readonly kind: 'grade'; readonly grade: 'production' | 'test' }
  | { readonly kind: 'encrypted' }
  /** The reader, a group or a transformer, is of one of these zones or teams (`retail`, `retail/sales`). */
  | { readonly kind: 'readableBy'; readonly parties: readonly string[] }
  /** Versions rest at least `min` and at most `max`, both durations. */
  | { readonly kind: 'retain'; readonly min?: string; readonly max?: string }
  /** The names of the zone's own objects match, whole: `[a-z]+_v[0-9]`. */
  | { readonly kind: 'named'; readonly what: 'datastore' | 'dataset' | 'column'; readonly pattern: string }
  | { readonly kind: 'production' }
  /** The rows stand in a datastore of the zone itself, and not in one that was made of them elsewhere. */
  | { readonly kind: 'direct' };

export type Team = {
  readonly owner: Owner;
  readonly doc?: string;
  /** Shown beside the owner: `{ chat: '#sales-data' }`. */
  readonly contact?: Readonly<Record<string, string>>;
  /** Whose signatures count as the team's word. */
  readonly signers?: readonly Signer[];
  /** What the zone grants: claims of the team's workspaces stay within it. */
  readonly may?: Grant;
};

export type Priority = 'low' | 'normal' | 'high' | 'critical';

export type Grant = {
  readonly clearance?: string;
  readonly labels?: readonly string[];
  readonly priority?: Priority;
  readonly readers?: readonly string[];
};

export type Datastore = {
  /** `retail/sales/orders`. */
  readonly address: string;
  readonly doc?: string;
  readonly production?: boolean;
  /** For people; `explain` shows it. */
  readonly version?: string;
  /** A connection by name; each environment binds it. Absent exactly where a transformer makes the rows. */
  readonly source?: string;
  readonly changes: Changes;
  /** Do all datasets move as one stream, or each alone? Absent: together. */
  readonly together?: boolean;
  readonly promises?: { readonly freshness?: string };
  /** Addresses of groups; absent: open within policy. */
  readonly consumers?: readonly string[];
  /** The level of every column that says none. */
  readonly classification?: string;
  readonly deprecated?: Deprecation;
  /** For people and exporters. */
  readonly tags?: readonly string[];
  /** What was removed: the name is taken until its versions are gone. Append-only. */
  readonly tombstones?: readonly Tombstone[];
  /** Of the contract that its datasets are from. */
  readonly contract?: Kept;
  readonly datasets: Readonly<Record<string, Dataset>>;
};

/**
 * What a contract of the Open Data Contract Standard says beyond the attributes, as a merge patch (RFC 7396) upon what
 * export writes by itself. It is given back by export, and executed by nothing.
 */
export type Kept = Readonly<Record<string, Json | undefined>>;

/** `output`: a transformer, by address, writes the rows. */
export type Changes = {
  readonly mode: CaptureMode | 'output';
  readonly column?: string;
  readonly transformer?: string;
  /**
   * `watermark`: how far below the greatest value of `column` a row may still come to be seen: a duration, or, where the
   * column holds numbers, a number.
   */
  readonly late?: string | number;
  /** `watermark`: a duration. So often all keys are compared, which finds deletes. Absent: deletes are not seen. */
  readonly sweep?: string;
  /** `20%`: what would delete a larger share of a dataset's rows at once is held until it is released. */
  readonly maxDeleted?: string;
  /** `snapshot`: `rows` moves every row, `checksum` only rows whose checksums differ at both ends. Absent: rows. */
  readonly compare?: 'rows' | 'checksum';
};

/** `removal`: the day, `2026-12-31`, from which on it may be gone. `use`: the address of what to read instead. */
export type Deprecation = { readonly removal: string; readonly reason?: string; readonly use?: string };

/** A dataset or column that is gone. One of the same name that is declared now is a new thing, with new physical columns. */
export type Tombstone = { readonly name: string; readonly removed: string };

export type Dataset = {
  readonly doc?: string;
  /** Physical name at the source, `schema.table`; absent: the dataset's name in the source's default schema. */
  readonly from?: string;
  /** Names of columns. Absent or empty: keyless. */
  readonly key?: readonly string[];
  /** A keyless table whose rows are only ever added. */
  readonly appendOnly?: boolean;
  readonly deprecated?: Deprecation;
  /** Names that it had, oldest first. Append-only. */
  readonly formerly?: readonly string[];
  readonly tags?: readonly string[];
  /** Columns that were removed. Append-only. */
  readonly tombstones?: readonly Tombstone[];
  /** What must hold of its rows. */
  readonly quality?: readonly Check[];
  /** `object`: of its object in a contract's schema; `document`: of a contract of its own, before the schema. */
  readonly contract?: { readonly object?: Kept; readonly document?: Kept };
  readonly columns: Readonly<Record<string, Column>>;
};

/**
 * What must hold of a dataset: of each row alone, or, where some of them may fail (`share`, `above`, `exceptions`) and for
 * the tests that need all rows, of its current rows together. Which members go with which test is in `quality.ts`.
 */
export type Check = {
  readonly test: CheckTest;
  /** Names of columns: one, two of `compares`, any number of `unique` and `refers`. */
  readonly columns?: readonly string[];
  /** `accepted`, `excluded`: a set; of `excluded` null may be one of them. */
  readonly values?: readonly (string | number | boolean | null)[];
  /** `between`: values of the column's type; `length`, `rows`: numbers. Both are within. */
  readonly min?: string | number;
  readonly max?: string | number;
  /** `matches`: the whole of the text, in the pattern language of docs/quality.md. */
  readonly pattern?: string;
  /** `compares`: the first column with the second. */
  readonly is?: CheckComparison;
  /** `refers`: a dataset of the same stream, by name, of which the columns are the key. */
  readonly to?: string;
  /** `rows`: how much their number may change from one run to the next, `20%`. */
  readonly change?: string;
  /** `fresh`: a duration that the greatest value of the column may be old. */
  readonly within?: string;
  /** Of the current rows, 0 to 1, so many must pass. With neither this nor the next two: every row, judged as it comes. */
  readonly share?: number;
  /** Of the current rows, 0 to 1, more than so many must pass. */
  readonly above?: number;
  /** Of the current rows so many may fail, and no more. */
  readonly exceptions?: number;
  /** What becomes of what fails. Absent: stop. */
  readonly otherwise?: Otherwise;
  /** A duration: what needs all rows is judged at most so often. Absent: 1h. */
  readonly every?: string;
};

export type CheckTest =
  | 'declared'
  | 'present'
  | 'accepted'
  | 'excluded'
  | 'between'
  | 'length'
  | 'matches'
  | 'compares'
  | 'unique'
  | 'refers'
  | 'rows'
  | 'fresh';

export type CheckComparison = '<' | '<=' | '=' | '<>' | '>=' | '>';

/**
 * `stop`: nothing more of the stream is merged. `divert`: the row, and later changes of its key, wait in quarantine.
 * `warn`: it is counted and told.
 */
export type Otherwise = 'stop' | 'divert' | 'warn';

export type Column = {
  readonly type: Type;
  readonly nullable?: boolean;
  readonly doc?: string;
  /** Physical name at the source; absent: the column's name. */
  readonly from?: string;
  readonly level?: string;
  readonly labels?: readonly string[];
  /** What rows have that say nothing; absent: null, or nothing where it is required. */
  readonly default?: string | number | boolean;
  readonly deprecated?: Deprecation;
  /** Names that it had, oldest first. Append-only. */
  readonly formerly?: readonly string[];
  /** A term of the zone's glossary. */
  readonly term?: string;
  readonly tags?: readonly string[];
  /** Of its property in a contract. */
  readonly contract?: Kept;
};

export type Workspace = {
  /** `retail/insight/reporting`. */
  readonly address: string;
  readonly doc?: string;
  readonly production?: boolean;
  readonly clearance?: string;
  readonly labels?: readonly string[];
  readonly priority?: Priority;
  /** Principals: `group:bi-users`, `user:ana`. */
  readonly readers?: readonly string[];
  /** Addresses of deprecated things that it goes on reading until their removal, knowing of it. */
  readonly acknowledges?: readonly string[];
  readonly groups: Readonly<Record<string, Group>>;
};

export type Group = {
  readonly doc?: string;
  /** A duration: the longest a committed change may take to be visible. */
  readonly latency?: string;
  readonly for?: Purpose;
  readonly history?: 'none' | 'full';
  /** A duration: versions are kept at least this long. */
  readonly retention?: string;
  readonly regulator?: string;
  readonly read: readonly Reference[];
};

/** `retail/sales/orders.customers`, or `.*` for every dataset; as text when nothing else is said. */
export type Reference = {
  readonly from: string;
  /** Absent: all columns. */
  readonly columns?: readonly string[];
  /** What readers see in place of a column's values. */
  readonly mask?: Readonly<Record<string, MaskKind>>;
  /** A condition in SQL on the dataset's columns: other rows are not seen. */
  readonly rows?: string;
  /** The reader copes with nulls in columns that are required today. */
  readonly nulls?: 'ok';
  /** The reader copes with values of an enum that are not there today. */
  readonly enums?: 'open';
};

/** `null`: nothing; `hash`, `tokenize`: keyed for each environment and workspace, so that equal values stay equal within one. */
export type MaskKind = 'null' | 'hash' | 'tokenize';

/** Code of a team that reads datasets and writes those of one datastore, the one whose changes are `output(<its address>)`. */
export type Transformer = {
  /** `retail/sales/make_daily`. */
  readonly address: string;
  readonly doc?: string;
  readonly production?: boolean;
  /** What it may read, as a workspace's. */
  readonly clearance?: string;
  readonly labels?: readonly string[];
  readonly acknowledges?: readonly string[];
  /** By the name that the code calls it. */
  readonly reads: Readonly<Record<string, Reference>>;
  readonly code: Code;
};

/** Pinned by content. `sql`: a query for each dataset of the output. Others are opaque: every output comes from every input. */
export type Code =
  | {
      readonly kind: 'sql';
      readonly dialect: 'postgres' | 'duckdb';
      readonly queries: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'image'; readonly image: string };

/** A statement that a breaking change is wanted by the party whose word it is: a zone, or the team of a reader. */
export type Consent = {
  /** `consent:<name>`. */
  readonly name: string;
  readonly mesh: string;
  readonly rule: string;
  readonly address: string;
  /** Digests of the changed object, consents aside; null: it is not there. */
  readonly before: string | null;
  readonly after: string | null;
  /** `retail`, `retail/insight`. */
  readonly party: string;
  readonly reason: string;
  /** The last day on which it counts. */
  readonly notAfter: string;
  readonly nonce: string;
};

/**
 * A zone's word that what a transformer makes no longer falls under its policies. Void when the code or what it reads
 * changes, and after its last day.
 */
export type Declassification = {
  readonly name: string;
  /** Of the zone whose word it is: `retail`. */
  readonly zone: string;
  /** A transformer, by address. */
  readonly transformer: string;
  /** Datasets or columns that it makes, by address. */
  readonly of: readonly string[];
  /** Digest of the transformer's code and reads: `freehold explain <transformer>` prints it. */
  readonly code: string;
  /** Labels that are gone; absent: the zone's policies do not hold at all any more. */
  readonly drops?: readonly string[];
  readonly reason: string;
  readonly until: string;
};

/** An owner's word that what an address names may become another's. The receiver's change then does exactly that. */
export type Offer = {
  readonly name: string;
  /** Of a zone, team or environment (whose declared owner changes) or of an object (which moves to another team). */
  readonly address: string;
  /** Digest of it as offered: `freehold explain <address>` prints it. */
  readonly digest: string;
  readonly to: Owner;
  /** For an object: its address with the receiver. */
  readonly as?: string;
  readonly until: string;
};

export type Environment = {
  readonly name: string;
  readonly doc?: string;
  readonly ledger: Container;
  readonly connections: Readonly<Record<string, Container>>;
  readonly stores: Readonly<Record<string, Container>>;
  /** First match wins; absent: the only store. */
  readonly route?: readonly Route[];
  readonly replicas?: Readonly<Record<string, ReplicaGroup>>;
};

export type Route = { readonly larger?: string; readonly to: string };

export type ReplicaGroup = { readonly on: readonly Container[]; readonly serves: readonly Purpose[] };

/** One database in one place. `fields` are those that the engine's facts list; a secret is a name, never a value. */
export type Container = {
  readonly engine: string;
  /** A location of the mesh, `vendor:path`. */
  readonly at?: string;
  readonly grade?: 'production' | 'test';
  /** Are its files, and the way to it, encrypted? Absent: no. */
  readonly encrypted?: boolean;
  /**
   * Of a store: when the log of a source may forget what is merged there. Absent or `local`: at once. `standby`: when a standby
   * of the store has it, too. `keep`: so long after.
   */
  readonly durability?: 'local' | 'standby' | { readonly keep: string };
  /**
   * Of a store: how it keeps versions where a consumer asks for history. Absent or `split`: closed ones in a table beside the
   * current rows. `history`: all in one table.
   */
  readonly layout?: 'split' | 'history';
  /** Of a connection: teams, `retail/sales`, whose datastores may read it. Absent: any. */
  readonly teams?: readonly string[];
  readonly fields: Readonly<Record<string, string | number | boolean | SecretName>>;
};

export type SecretName = { readonly secret: string };

/**
 * Where each object stands: address -> place of its declaration, and address + '>' + path ('>columns>name') for parts.
 * Shown, never trusted; not part of the model's digest.
 */
export type Places = Readonly<Record<string, Place>> | ((key: string) => Place | undefined);
