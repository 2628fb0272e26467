import type { Readable } from 'node:stream';
import type { Dialect } from '../sql/dialect.ts';
import type { Sql } from '../sql/sql.ts';
import type { Type } from '../types/type.ts';
import type { DigestPads } from './keyed-digest.ts';

/**
 * Terms. *container*: one database in one place. *connection*: one session with it; statements on it run one after the
 * other. *transport*: how rows travel in bulk between two connections.
 */

/**
 * A row of a small result. bigint columns are strings of digits or bigint; use `Number()` or `BigInt()` at the reader.
 * Dates, times, decimals, json and uuid are text; json is not parsed.
 */
export type Row = Readonly<Record<string, unknown>>;

export interface Connection extends AsyncDisposable {
  readonly dialect: Dialect;
  readonly types: EngineTypes;
  /** Rows of a small result. Errors: EngineError. */
  query(statement: Sql): Promise<readonly Row[]>;
  /** Runs a statement; the number of rows it touched. */
  execute(statement: Sql): Promise<number>;
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. Statements inside go
   * through this same connection.
   */
  transaction<T>(
    work: () => Promise<T>,
    options?: { readonly isolation?: 'repeatable read'; readonly readOnly?: boolean },
  ): Promise<T>;
  /**
   * The rows of a query as a byte stream in a transport. Errors end the stream. It has the session until it is read to its
   * end; destroying it before may end the session. Not for a copyIn of the same connection.
   */
  copyOut(rows: Sql, transport: Transport): Readable;
  /** Loads a byte stream into the columns of a table; the number of rows. Pausing the source is the reader's back-pressure. */
  copyIn(
    table: readonly [string, ...string[]],
    columns: readonly string[],
    rows: AsyncIterable<Uint8Array>,
    transport: Transport,
  ): Promise<number>;
}

/**
 * `binary`: PostgreSQL COPY BINARY; `text`: PostgreSQL COPY text: both only between PostgreSQL servers.
 * `csv`: neutral: header-less, comma, double quotes, null is an unquoted empty field and '' a quoted one; each value is
 * the `transportText` of its type, so any two engines can speak it.
 */
export type Transport = 'binary' | 'text' | 'csv';

/**
 * Types both ways in one table, and one text per value that is equal on every engine.
 *
 * *Canonical text*, for verifying; two values are equal when and only when their texts are equal:
 *
 * | type | canonical text |
 * |---|---|
 * | boolean | `t`, `f` |
 * | int | digits, `-` in front of negative ones |
 * | decimal | plain digits without exponent, without trailing zeros or point: `0.5`, `-120`, `0`; `NaN`, `Infinity`, `-Infinity` |
 * | float | the signed decimal integer of its IEEE 754 bits (32 or 64 of them); 0 and -0 are both `0`; `NaN` (engines differ in which shortest digits they print) |
 * | char | without trailing spaces |
 * | varchar, text, enum | the text itself |
 * | binary | lower-case hexadecimal digits |
 * | date | `2024-02-29`, `12024-01-01`, `0044-03-15 BC`, `infinity`, `-infinity` |
 * | time | `HH:MM:SS.ffffff`, always six digits; `24:00:00.000000` is not midnight |
 * | timestamp | `2024-02-29 23:59:59.000000`, ` BC` behind where before year 1; `infinity`, `-infinity` |
 * | timestamptz | the same, in UTC |
 * | interval | `14 months -3 days 5000000 microseconds`: the three parts as they are kept; `infinity`, `-infinity` |
 * | uuid | lower-case with hyphens |
 * | json | PostgreSQL's text of jsonb, which the other engines keep unchanged as text |
 * | array | `{"a","b",null}`: each element's canonical text, `\` and `"` escaped by `\`, in double quotes |
 *
 * *Transport text* is the canonical text, but: float is its shortest decimals, `Infinity`, `-Infinity` and `NaN` or any
 * spelling of them; timestamptz has `+00` behind the seconds (`0044-03-15 12:00:00.000000+00 BC`); an array is a JSON array of
 * transport texts as strings, or null (`["a","b",null]`).
 */
export type EngineTypes = {
  /** Transports in order of preference; `csv` is always among them. */
  readonly transports: readonly Transport[];
  /** The wide physical column type that holds the type (strings without length): SQL text such as `numeric(12,2)`. */
  readonly physical: (type: Type) => Sql;
  /** Column expression -> csv text that the other engine's `fromTransport` reads back exactly. */
  readonly toTransport: (type: Type, column: Sql) => Sql;
  /** csv text expression -> a value of the physical type. */
  readonly fromTransport: (type: Type, text: Sql) => Sql;
  /** Column expression -> the canonical text of its value: equal on every engine where the values are equal. Null stays null. */
  readonly canonicalText: (type: Type, column: Sql) => Sql;
  /** Text expression -> a non-negative 60-bit integer hash of it, equal on every engine (the first 15 hex digits of md5). */
  readonly textHash: (text: Sql) => Sql;
  /** Text expression -> its keyed digest (`keyed-digest.ts`), equal on every engine. */
  readonly keyedDigest: (pads: DigestPads, text: Sql) => Sql;
  /** A hash of rows that costs a fraction of that of their texts; absent: there is none. */
  readonly rowHash?: RowHash;
};

/** A hash in the engine's own way. Two rows that are equal column by column, by value and null-aware, have one hash. */
export type RowHash = {
  /** An expression: servers that have one value of it hash equal rows alike. A server that has not the functions fails. */
  readonly probe: Sql;
  /** The 64-bit integer of some values, each of its physical type. */
  readonly of: (values: readonly Sql[]) => Sql;
};

/** The world's failure, with whether to try again. Never holds a secret. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly kind: EngineErrorKind;
  /** The engine's own code, such as SQLSTATE 28P01. */
  readonly code: string | null;

  constructor(
    kind: EngineErrorKind,
    message: string,
    options: { readonly code?: string | null; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.code = options.code ?? null;
  }

  /** Is it worth trying the same again later? */
  get isPassing(): boolean {
    return this.kind === 'unreachable' || this.kind === 'conflict' || this.kind === 'space';
  }
}

/** unreachable: nobody answers, or the connection broke. conflict: deadlock, lock or serialization. space: disk or memory full. */
export type EngineErrorKind =
  | 'unreachable'
  | 'denied'
  | 'missing'
  | 'conflict'
  | 'space'
  | 'statement'
  | 'driver-absent';
