import { own } from '../../model/effective.ts';
import type { Change } from './table.ts';

/**
 * The third answer: how a change is carried out on kept tables, engine by engine. Kept columns are wide (texts without a
 * length, times with all six digits, nothing required but keys), so most widenings change nothing that is stored.
 */
export type Way =
  /** Nothing that is stored changes, nor do views. */
  | 'nothing'
  /** Views are made anew, in one transaction. */
  | 'views'
  /** The catalogue changes and no row is touched; views that are in the way are made anew in the same transaction. */
  | 'metadata'
  /** In place: one statement that touches every row. */
  | 'rewrite'
  /** A column beside the old one, filled in batches by key; then the views switch. The old one stays for old versions. */
  | 'new column'
  /** A table beside the old one; then the views switch. The old one stays for old versions. */
  | 'new table'
  /** The engine cannot hold it. */
  | 'impossible';

export type EngineWays = {
  readonly title: string;
  /** Tests carry out each row on it (`executed`), or it is what this page of its vendor says. */
  readonly source: 'executed' | `https://${string}`;
  /** Where it differs from `usual`. */
  readonly ways: Readonly<Partial<Record<Change, Way>>>;
  readonly notes: Readonly<Partial<Record<Change, string>>>;
};

export const usual: Readonly<Record<Change, Way>> = {
  'column-added-nullable': 'metadata',
  'column-added-with-default': 'metadata',
  'column-added-required': 'metadata',
  'column-removed': 'views',
  'column-renamed': 'views',
  'column-nullable': 'nothing',
  'column-required': 'nothing',
  'default-changed': 'nothing',
  'classification-raised': 'nothing',
  'classification-lowered': 'nothing',
  'key-changed': 'new table',
  'dataset-added': 'new table',
  'dataset-removed': 'views',
  'dataset-renamed': 'views',
  'check-loosened': 'nothing',
  'check-tightened': 'nothing',
  described: 'views',
  'capture-moved': 'nothing',
  'store-moved': 'new table',
  'int-wider': 'new column',
  'int-narrower': 'new column',
  'decimal-more-digits': 'new column',
  'decimal-larger-scale': 'new column',
  'decimal-beyond-38': 'new column',
  'decimal-narrower': 'new column',
  'float-wider': 'new column',
  'float-narrower': 'new column',
  'text-longer': 'nothing',
  'text-shorter': 'nothing',
  'char-to-varchar': 'nothing',
  'varchar-to-char': 'nothing',
  'enum-value-added': 'nothing',
  'enum-value-removed': 'nothing',
  'enum-to-text': 'nothing',
  'text-to-enum': 'nothing',
  'time-finer': 'nothing',
  'time-coarser': 'nothing',
  'date-to-timestamp': 'new column',
  'timestamp-to-date': 'new column',
  'zone-changed': 'new column',
  'int-to-decimal': 'new column',
  'int-to-float': 'new column',
  'number-to-other': 'new column',
  'value-to-text': 'new column',
  'text-to-value': 'new column',
  'family-changed': 'new column',
  'field-added': 'new column',
  'field-removed': 'new column',
};

const noStructs = { 'field-added': 'impossible', 'field-removed': 'impossible' } as const;

export const engineWays: Readonly<Record<string, EngineWays>> = {
  postgres: {
    title: 'PostgreSQL',
    source: 'executed',
    ways: { ...noStructs, 'decimal-more-digits': 'metadata', 'decimal-beyond-38': 'metadata' },
    notes: {
      'column-added-with-default':
        'a plain `add column ... default` touches no row and shows the default in every closed version',
      'column-added-required':
        'a plain `add column ... not null` is refused where there are rows; it is added as one that may be null',
      'int-wider':
        'a plain `alter column ... type` is refused under a view, and without one rewrites the table under a lock',
      'decimal-more-digits': 'refused under a view, so views are made anew in the same transaction',
      'zone-changed':
        'a plain `alter` touches no row where the session is in UTC, and so gives each old value a zone that nobody said',
      'field-added': 'structs are not kept yet',
      'field-removed': 'structs are not kept yet',
    },
  },
  duckdb: {
    title: 'DuckDB',
    source: 'executed',
    ways: {
      ...noStructs,
      'int-wider': 'rewrite',
      'decimal-more-digits': 'rewrite',
      'decimal-larger-scale': 'rewrite',
      'float-wider': 'rewrite',
      'int-to-decimal': 'rewrite',
    },
    notes: {
      'column-added-with-default': 'a plain `add column ... default` shows the default in every closed version',
      'column-added-required': 'a plain `add column ... not null` is refused; it is added as one that may be null',
      'column-removed': 'a plain `drop column` is done and leaves a view that fails when it is read',
      'column-renamed': 'a plain `rename column` is done and leaves a view that fails when it is read',
      'int-wider':
        'views go on, with the new type; on a column of a key it is refused, and DuckDB keeps no keys of ours. That rows are touched is not measured: DuckDB shows no cheap proof',
      'decimal-beyond-38': 'more than 38 digits are kept as text',
      'field-added': 'structs are not kept yet',
      'field-removed': 'structs are not kept yet',
    },
  },
  mysql: {
    title: 'MySQL',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html',
    ways: {},
    notes: {
      'column-added-nullable': 'instant',
      'column-added-with-default': 'instant, and older rows show the default: it is added without',
      'int-wider': 'a change of type copies the table',
      'text-longer':
        'where a key needs a length: metadata while it takes as many bytes (up to 255, or from 256 on), else a copy of the table',
    },
  },
  sqlserver: {
    title: 'SQL Server',
    source: 'https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-table-transact-sql',
    ways: {},
    notes: {
      'column-added-with-default': 'a constant default touches no row, and older rows show it: it is added without',
      'int-wider': 'refused on a column of a primary key or an index; elsewhere every row is touched',
      'text-longer': 'where a key needs a length: metadata, within the index limit of 900 or 1,700 bytes',
    },
  },
  oracle: {
    title: 'Oracle',
    source: 'https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/ALTER-TABLE.html',
    ways: { 'int-wider': 'metadata', 'decimal-more-digits': 'metadata' },
    notes: {
      'column-added-with-default': 'the default is kept in the dictionary, and older rows show it: it is added without',
      'int-wider': 'integers are numbers whose precision may always grow',
      'decimal-larger-scale':
        'precision must grow as much as the scale does; a smaller of either needs a column without values',
      'family-changed': 'another type needs a column without values',
      'text-longer': 'where a column has a length: metadata',
    },
  },
  snowflake: {
    title: 'Snowflake',
    source: 'https://docs.snowflake.com/en/sql-reference/sql/alter-table-column',
    ways: { 'int-wider': 'nothing', 'int-narrower': 'nothing', 'decimal-more-digits': 'metadata' },
    notes: {
      'int-wider': 'every integer is a number of 38 digits',
      'int-narrower': 'every integer is a number of 38 digits',
      'decimal-larger-scale': 'a scale never changes',
      'default-changed': 'a column that is there gets no other default: the platform writes it',
      'family-changed': 'a type never becomes one of another family',
    },
  },
  iceberg: {
    title: 'Iceberg (by Trino)',
    source: 'https://iceberg.apache.org/spec/',
    ways: {
      'int-wider': 'metadata',
      'decimal-more-digits': 'metadata',
      'float-wider': 'metadata',
      'field-added': 'metadata',
      'field-removed': 'metadata',
    },
    notes: {
      'column-added-with-default':
        'defaults from format version 3 on; the initial default, which older rows show, stays null',
      'column-required': 'optional never becomes required: kept columns are optional',
      'column-renamed': 'columns are known by number, so that the name alone changes',
      'decimal-larger-scale': 'a scale never changes',
      'date-to-timestamp': 'a promotion from format version 3 on, which shows midnights in old versions: not used',
      'field-added': 'not in the key of a map',
      'field-removed': 'not in the key of a map',
    },
  },
};

/** How a change is carried out on an engine; on one that the table does not know, as usual. */
export function wayOn(engine: string, change: Change): Way {
  return own(engineWays, engine)?.ways[change] ?? usual[change];
}

/** What a plain `alter` of the column does to a table alone, under a view, and where the column is the key. */
export type Alter = { readonly alone: Deed; readonly viewed: Deed; readonly keyed?: Deed };

/** `done` where the engine gives no cheap proof whether rows were touched; `falsified`: done, and old versions changed. */
export type Deed = 'metadata' | 'rewrite' | 'done' | 'falsified' | 'refused' | 'view breaks';

const rewritten: Alter = { alone: 'rewrite', viewed: 'refused', keyed: 'rewrite' };
const rounded: Alter = { alone: 'falsified', viewed: 'refused' };
const unfit: Alter = { alone: 'refused', viewed: 'refused' };
const done: Alter = { alone: 'done', viewed: 'done', keyed: 'refused' };

/** As executed; the values of a narrowed column do not all fit. Changes that leave the physical type alone are not here. */
export const plainAlters: Readonly<Record<'postgres' | 'duckdb', Readonly<Partial<Record<Change, Alter>>>>> = {
  postgres: {
    'column-added-nullable': { alone: 'metadata', viewed: 'metadata' },
    'column-added-with-default': { alone: 'falsified', viewed: 'falsified' },
    'column-added-required': unfit,
    'column-removed': { alone: 'falsified', viewed: 'refused' },
    'column-renamed': { alone: 'metadata', viewed: 'metadata', keyed: 'metadata' },
    'key-changed': unfit,
    'dataset-renamed': { alone: 'metadata', viewed: 'metadata' },
    'int-wider': rewritten,
    'int-narrower': unfit,
    'decimal-more-digits': { alone: 'metadata', viewed: 'refused', keyed: 'metadata' },
    'decimal-larger-scale': rewritten,
    'decimal-beyond-38': { alone: 'metadata', viewed: 'refused', keyed: 'metadata' },
    'decimal-narrower': rounded,
    'float-wider': rewritten,
    'float-narrower': rounded,
    'date-to-timestamp': rewritten,
    'timestamp-to-date': rounded,
    'zone-changed': { alone: 'metadata', viewed: 'refused' },
    'int-to-decimal': rewritten,
    'int-to-float': rewritten,
    'number-to-other': rounded,
    'value-to-text': rewritten,
    'text-to-value': unfit,
    'family-changed': unfit,
  },
  duckdb: {
    'column-added-nullable': { alone: 'done', viewed: 'done' },
    'column-added-with-default': { alone: 'falsified', viewed: 'falsified' },
    'column-added-required': unfit,
    'column-removed': { alone: 'falsified', viewed: 'view breaks' },
    'column-renamed': { alone: 'done', viewed: 'view breaks' },
    'key-changed': unfit,
    'dataset-renamed': { alone: 'done', viewed: 'view breaks' },
    'int-wider': done,
    'int-narrower': { ...unfit, keyed: 'refused' },
    'decimal-more-digits': done,
    'decimal-larger-scale': done,
    'decimal-beyond-38': done,
    'decimal-narrower': { alone: 'falsified', viewed: 'falsified', keyed: 'refused' },
    'float-wider': done,
    'float-narrower': { alone: 'falsified', viewed: 'falsified', keyed: 'refused' },
    'date-to-timestamp': done,
    'timestamp-to-date': { alone: 'falsified', viewed: 'falsified', keyed: 'refused' },
    'zone-changed': done,
    'int-to-decimal': done,
    'int-to-float': done,
    'number-to-other': { alone: 'falsified', viewed: 'falsified', keyed: 'refused' },
    'value-to-text': done,
    'text-to-value': unfit,
    'family-changed': unfit,
  },
};
