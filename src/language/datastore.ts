import type { Changes, Check, Datastore, Tombstone } from '../model/model.ts';
import type { Column } from './column.ts';
import { type DeprecationBody, type Duration, type MemberName, type Noun, noun, type ObjectName } from './noun.ts';

export type DatastoreBody = Omit<
  Datastore,
  'address' | 'datasets' | 'promises' | 'consumers' | 'deprecated' | 'contract'
> & {
  readonly deprecated?: DeprecationBody;
  readonly promises?: { readonly freshness?: Duration };
  readonly consumers?: readonly (MemberName | ObjectName)[];
  readonly datasets: Readonly<Record<string, Table | ContractFile>> | SchemaFile | ContractFile;
};

/** What a producing team offers: one connection, how its changes are read, and its datasets. */
export function datastore(
  address: ObjectName,
  body: DatastoreBody,
): Noun<'datastore'> & { readonly address: ObjectName } {
  return noun('datastore', body, { address });
}

export type TableBody = {
  readonly doc?: string;
  /** Its name at the source, `schema.table`; absent: the dataset's name in the source's default schema. */
  readonly from?: string;
  /** Names of the columns that tell rows apart. */
  readonly key?: readonly string[];
  /** For a table without a key: its rows are only ever added. */
  readonly appendOnly?: boolean;
  readonly deprecated?: DeprecationBody;
  /** Names that it had, oldest first: renamed, it keeps its history. */
  readonly formerly?: readonly string[];
  readonly tags?: readonly string[];
  /** Columns that were removed, with the day. */
  readonly tombstones?: readonly Tombstone[];
  /** What must hold of its rows: `[present('name', 0.99)]`. */
  readonly quality?: readonly Check[];
};

export type Table = Noun<'dataset'> & { readonly columns: Readonly<Record<string, Column>> };

/** A dataset written by hand. */
export function table(body: TableBody, columns: Readonly<Record<string, Column>>): Table {
  return noun('dataset', body, { columns });
}

export type SchemaOverlay = {
  readonly doc?: string;
  readonly key?: readonly string[];
  readonly appendOnly?: boolean;
  /** A table of the source that is no dataset. */
  readonly leaveOut?: boolean;
  readonly deprecated?: DeprecationBody;
  /** Names that it had, oldest first: renamed, it keeps its history. */
  readonly formerly?: readonly string[];
  /** Columns that were removed, with the day. */
  readonly tombstones?: readonly Tombstone[];
  /** What must hold of its rows, beside what the file says. */
  readonly quality?: readonly Check[];
  readonly columns?: Readonly<Record<string, ColumnOverlay>>;
};

export type ColumnOverlay = {
  readonly doc?: string;
  readonly level?: string;
  readonly labels?: readonly string[];
  readonly default?: string | number | boolean;
  readonly deprecated?: DeprecationBody;
  readonly formerly?: readonly string[];
};

/** Patterns on names of columns, with the labels that they get. */
export type Classify = readonly (readonly [RegExp, ...string[]])[];

export type SchemaFile = Noun<'fromSchema'> & { readonly file: string };

/**
 * The datasets of a generated `*.schema.yaml`, its path relative to the model file that exports the datastore; with what
 * a person adds: labels by pattern, and by dataset what its columns mean.
 */
export function fromSchema(
  file: `./${string}` | `../${string}`,
  more: { readonly classify?: Classify } & {
    readonly [dataset: string]: SchemaOverlay | ContractFile | Classify | undefined;
  } = {},
): SchemaFile {
  const { classify = [], ...datasets } = more;
  return noun(
    'fromSchema',
    {},
    { file, classify: Array.isArray(classify) ? classify.map(pattern) : classify, datasets },
  );
}

export type ContractFile = Noun<'fromContract'> & { readonly file: string };

/**
 * The datasets of a contract, `*.odcs.yaml` of the Open Data Contract Standard 3.0 to 3.2, its path relative to the model
 * file that exports the datastore; or as the value of one dataset, the object of that contract (`./orders.odcs.yaml#lines`
 * where it has several). With what a person adds: the mesh's levels for the contract's words, labels by pattern, and by
 * dataset what its columns mean.
 */
export function fromContract(
  file: `./${string}` | `../${string}`,
  more: { readonly classify?: Classify; readonly levels?: Readonly<Record<string, string>> } & {
    readonly [dataset: string]: SchemaOverlay | Classify | Readonly<Record<string, string>> | undefined;
  } = {},
): ContractFile {
  const { classify = [], levels = {}, ...datasets } = more;
  return noun(
    'fromContract',
    {},
    { file, classify: Array.isArray(classify) ? classify.map(pattern) : classify, levels, datasets },
  );
}

function pattern(rule: Classify[number]): unknown {
  if (!Array.isArray(rule) || !(rule[0] instanceof RegExp)) return rule;
  const [expression, ...labels] = rule;
  return { pattern: expression.source, flags: expression.flags, labels };
}

/** Only these groups and transformers may read; absent: everyone within policy. */
export function approved(...readers: readonly (MemberName | ObjectName)[]): readonly (MemberName | ObjectName)[] {
  return readers;
}

/** Changes come from the source's log, as they commit. */
export function cdc(): Changes {
  return { mode: 'cdc' };
}

/** A share of rows: `20%`. */
export type Share = `${number}%`;

export type SnapshotOptions = {
  /** What would delete more of a dataset of over 1,000 rows is held until it is released; absent: 20%. */
  readonly maxDeleted?: Share;
  /**
   * `rows`: every row comes over and is compared. `checksum`: both ends add up checksums of small parts of the table, and
   * only rows of parts that differ come over. Absent: rows.
   */
  readonly compare?: 'rows' | 'checksum';
};

/** The whole table is read and compared with what we hold. */
export function snapshot(options: SnapshotOptions = {}): Changes {
  return { ...options, mode: 'snapshot' };
}

export type WatermarkOptions = {
  /**
   * How far below the greatest watermark read a row may still come to be seen: as long as the source's longest
   * transaction, or, where the column holds numbers, as many as may be taken and not yet committed. Absent: 10m, and 70m
   * where the column's times have no zone. What is seen again unchanged makes no version.
   */
  readonly late?: Duration | number;
  /** So often all keys are read and compared, which finds deletes; absent: deletes are never seen. */
  readonly sweep?: Duration;
  /** Of a sweep: what would delete more of a dataset of over 1,000 rows is held until it is released; absent: 20%. */
  readonly maxDeleted?: Share;
};

/**
 * Rows are read whose column, which every change makes greater, lies above the last value seen. What a row was between two
 * reads is not seen, nor deletes without `sweep`.
 */
export function watermark(column: string, options: WatermarkOptions = {}): Changes {
  return { ...options, mode: 'watermark', column };
}

/** A transformer writes the rows. */
export function output(transformer: ObjectName): Changes {
  return { mode: 'output', transformer };
}
