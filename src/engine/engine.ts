import type { Type } from '../types/type.ts';
import type { Capture } from './capture.ts';
import type { Connection } from './connection.ts';
import type { EngineFacts } from './facts.ts';

/** A container's address and account, secrets resolved: made at the door, held in memory, never printed. */
export type Access = {
  readonly engine: string;
  /** What a message may call it: `postgres shop at 127.0.0.1:5432/shop`. Holds no secret. */
  readonly label: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
};

/** What a database product offers. An engine is one folder plus one line in engines/index.ts. */
export type Engine = {
  readonly facts: EngineFacts;
  /** Opens a session. `purpose` is shown to the database's operators (application_name). Errors: EngineError. */
  connect(access: Access, purpose: string): Promise<Connection>;
  /** Reads the catalogue of a database: for `init --from`, `sync` and preflight. */
  catalogue(connection: Connection): Promise<Catalogue>;
  /** How changes are read from it; null where it is no source. */
  readonly capture: Capture | null;
};

export type Catalogue = { readonly tables: readonly CatalogueTable[] };

export type CatalogueTable = {
  readonly schema: string;
  readonly name: string;
  readonly comment: string | null;
  /** Physical names of the primary key's columns, in key order; empty where there is none. */
  readonly key: readonly string[];
  readonly columns: readonly CatalogueColumn[];
  /** Rows as the statistics estimate them; null where never counted. */
  readonly estimatedRows: number | null;
  readonly bytes: number | null;
};

export type CatalogueColumn = {
  readonly name: string;
  /** The engine's own words: `character varying(40)`. */
  readonly physical: string;
  /** Null where we map no type to it; `unmapped` then says why. */
  readonly type: Type | null;
  readonly unmapped: string | null;
  readonly nullable: boolean;
  readonly comment: string | null;
  readonly generated: boolean;
};
