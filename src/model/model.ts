/**
 * The nouns, as plain readonly data in canonical form: defaults left out, names as authors wrote them. What `language/`
 * gives, `load/` assembles, and `check/` and `plan/` read. `effective.ts` says what an absent attribute means.
 *
 * Terms. *address*: `zone/team/object.dataset#column`, unique in a mesh. *dataset*: one table of a datastore.
 * *workspace*, *group*: what a consumer reads, and the part of it that has one latency and purpose. *container*: one
 * database in one place.
 */
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
  /** By name. */
  readonly environments: Readonly<Record<string, Environment>>;
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
    /** Names alone; a label has no attributes. */
    readonly labels?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  };
  readonly regulators?: Readonly<Record<string, Regulator>>;
};

/** What a group demands by naming it. `within`: a region, `vendor:path` or `*:path`, in which every copy of its rows rests. */
export type Regulator = { readonly minimumRetention?: string; readonly within?: string };

export type Zone = {
  readonly name: string;
  readonly doc?: string;
  readonly teams: Readonly<Record<string, Team>>;
};

export type Team = {
  readonly owner: Owner;
  readonly doc?: string;
  /** Shown beside the owner: `{ chat: '#sales-data' }`. */
  readonly contact?: Readonly<Record<string, string>>;
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
  /** A connection by name; each environment binds it. */
  readonly source: string;
  readonly changes: Changes;
  /** Do all datasets move as one stream, or each alone? Absent: together. */
  readonly together?: boolean;
  readonly promises?: { readonly freshness?: string };
  /** Addresses of groups; absent: open within policy. */
  readonly consumers?: readonly string[];
  /** The level of every column that says none. */
  readonly classification?: string;
  readonly datasets: Readonly<Record<string, Dataset>>;
};

export type Changes = { readonly mode: CaptureMode; readonly column?: string };

export type Dataset = {
  readonly doc?: string;
  /** Physical name at the source, `schema.table`; absent: the dataset's name in the source's default schema. */
  readonly from?: string;
  /** Names of columns. Absent or empty: keyless. */
  readonly key?: readonly string[];
  /** A keyless table whose rows are only ever added. */
  readonly appendOnly?: boolean;
  readonly columns: Readonly<Record<string, Column>>;
};

export type Column = {
  readonly type: Type;
  readonly nullable?: boolean;
  readonly doc?: string;
  /** Physical name at the source; absent: the column's name. */
  readonly from?: string;
  readonly level?: string;
  readonly labels?: readonly string[];
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
  readonly fields: Readonly<Record<string, string | number | boolean | SecretName>>;
};

export type SecretName = { readonly secret: string };

/**
 * Where each object stands: address -> place of its declaration, and address + '>' + path ('>columns>name') for parts.
 * Shown, never trusted; not part of the model's digest.
 */
export type Places = Readonly<Record<string, Place>>;
