import type { Type } from '../types/type.ts';

/**
 * What an engine can do, as data that `check` and `plan` read before anything runs; no driver is imported to know it.
 * Each engine has one in `engines/<engine>/facts.ts`.
 */
export type EngineFacts = {
  readonly engine: string;
  readonly title: string;
  /** Fields of a container of this engine in the model: `postgres({ host, database, ... })`. */
  readonly fields: Readonly<Record<string, FieldFact>>;
  /** How changes can be read from it as a source. */
  readonly captures: readonly CaptureMode[];
  /** May it hold a primary copy, a replica? */
  readonly store: boolean;
  readonly replica: boolean;
  /** Has it users, so that readers' grants are enforced by the engine itself? Else by the door, and plan says so. */
  readonly users: boolean;
  /** Table functions: `<dataset>_as_of(instant)`. */
  readonly tableFunctions: boolean;
  /** May a store of it keep all versions in one table (layout `history`)? Absent: no. */
  readonly versionsInOne?: boolean;
  /** What it is good at, best first. */
  readonly serves: readonly Purpose[];
  /** Largest length of a name, in bytes; how unquoted names fold is of no concern, since all names are quoted. */
  readonly identifierLimit: number;
  /** Are two names that differ only in case the same name? (DuckDB: yes, even quoted.) */
  readonly caseInsensitiveNames: boolean;
  /** Most columns of a table, and of a key, beside freehold's own; absent: more than anybody has. */
  readonly columnLimit?: number;
  readonly keyLimit?: number;
  /** Is text of no characters null to it? Absent: no. */
  readonly emptyTextIsNull?: boolean;
  /** Is 'a' equal to 'A' in a key? Absent: no. */
  readonly caseInsensitiveKeys?: boolean;
  /** Schema of a source table whose `from` names none, or the container's field that says it; absent: `public`. */
  readonly defaultSchema?: string | { readonly field: string };
  /** The column type that holds a type's values exactly, in the engine's words, or why there is none. */
  readonly holds: (type: Type) => { readonly physical: string } | { readonly refused: string };
};

export type FieldFact = {
  readonly type: 'text' | 'number' | 'boolean' | 'secret';
  readonly required: boolean;
  readonly doc: string;
  /** Together these say which database it is. `in any case`: upper and lower case are one. */
  readonly identifies?: 'exactly' | 'in any case';
  /** What it is where nothing is said. */
  readonly absent?: string | number | boolean;
};

export type CaptureMode = 'snapshot' | 'watermark' | 'cdc';

/** What a group is for; a replica group says which it serves. */
export type Purpose = 'lookup' | 'reports' | 'analytics';

/** Schema of a container's source tables whose `from` names none. */
export function defaultSchemaOf(
  { defaultSchema = 'public' }: Pick<EngineFacts, 'defaultSchema'>,
  fields: Readonly<Record<string, unknown>>,
): string {
  if (typeof defaultSchema === 'string') return defaultSchema;
  const said = fields[defaultSchema.field];
  return typeof said === 'string' ? said : '';
}

/** Facts by engine name. */
export type Facts = Readonly<Record<string, EngineFacts>>;
