/**
 * What is an engine's own in the SQL of transformers. What is not may be somebody's, who may have it read anything: it comes
 * from all inputs. The name alone is looked at.
 */
import { duckdbWords } from './duckdb-words.ts';
import { postgresWords } from './postgres-words.ts';

export const sqlDialects = ['postgres', 'duckdb'] as const;
export type SqlDialect = (typeof sqlDialects)[number];

export type OwnWords = {
  /** Functions that see what they are given and nothing else (but for the time, chance, and who asks). */
  readonly functions: ReadonlySet<string>;
  /** Functions of a FROM whose rows are made of what they are given. */
  readonly tables: ReadonlySet<string>;
  readonly operators: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
  /** Has a type of somebody's code, which a cast runs? */
  readonly castsRunCode: boolean;
  /** Functions that PostgreSQL's parser makes of words, as of AT TIME ZONE. */
  readonly grammar: ReadonlySet<string>;
  /** Functions that give any number of rows, in a list of columns. */
  readonly series: ReadonlySet<string>;
  /** What it reads as a word of its own, and PostgreSQL's parser as the name of a table. */
  readonly words: ReadonlySet<string>;
  /** Does a query in a FROM see what stands beside it, without LATERAL? */
  readonly isLateral: boolean;
  /** USING makes one column of two: where the left side has it, or in front. */
  readonly mergesInPlace: boolean;
  /** Has a result without AS the name of the function, the type, ...? */
  readonly namesResults: boolean;
  /** The name of a column of VALUES, counted from 0. */
  readonly valueName: (at: number) => string;
  /** Names of columns and tables that differ by capitals alone are one. */
  readonly foldsNames: boolean;
  /** Ways of TABLESAMPLE. */
  readonly samples: readonly string[];
  /** Functions that are told in text what to read: of which table, file, server, or what query. */
  readonly reaching: RegExp;
};

const known = new Map<SqlDialect, OwnWords>();

export function ownWords(dialect: SqlDialect): OwnWords {
  const words = known.get(dialect) ?? byDialect[dialect]();
  known.set(dialect, words);
  return words;
}

const grammar = setOf(
  'btrim extract is_normalized like_escape ltrim normalize overlaps overlay pg_collation_for position rtrim similar_to_escape substring timezone xmlexists',
);

const byDialect: Readonly<Record<SqlDialect, () => OwnWords>> = {
  postgres: () => {
    const functions = setOf(postgresWords.functions);
    return {
      functions,
      tables: functions,
      operators: setOf(postgresWords.operators),
      types: setOf(postgresWords.types),
      castsRunCode: true,
      grammar,
      foldsNames: false,
      series: setOf(postgresWords.series),
      words: new Set(),
      isLateral: false,
      mergesInPlace: false,
      namesResults: true,
      valueName: (at) => `column${at + 1}`,
      samples: ['system', 'bernoulli'],
      reaching:
        /^((query|table|schema|database|cursor)_to_xml|dblink|ts_stat$|lo_(get|import|export|open)$|loread$|pg_(read|ls)_|pg_(stat_file|logdir_ls|file_\w+)$|pg_logical_slot_(get|peek)_|crosstab|connectby$)/,
    };
  },
  duckdb: () => ({
    functions: setOf(duckdbWords.functions),
    tables: setOf(duckdbWords.tables),
    operators: setOf(duckdbWords.operators),
    types: setOf(duckdbWords.types),
    castsRunCode: false,
    grammar,
    foldsNames: true,
    series: setOf(duckdbWords.series),
    words: setOf(duckdbWords.words),
    isLateral: true,
    mergesInPlace: true,
    namesResults: false,
    valueName: (at) => `col${at}`,
    samples: ['system', 'bernoulli', 'reservoir'],
    reaching:
      /^(query(_table)?|glob|read_\w+|\w+_scan|sniff_\w+|parquet_\w+|st_read\w*|json_execute_serialized_sql|\w+_query|iceberg_\w+|duckdb_table_sample)$/,
  }),
};

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.trim().toLowerCase().split(/\s+/));
}
