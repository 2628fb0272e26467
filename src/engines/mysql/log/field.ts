import { EngineError } from '../../../engine/connection.ts';
import type { Type } from '../../../types/type.ts';
import type { Encoding } from './charsets.ts';
import { type LoggedColumn, logType } from './table-map.ts';

/** How a value of a column is written; `values.ts` has one case of each. */
export type Write =
  | 'int'
  | 'boolean'
  | 'year'
  | 'bits'
  | 'decimal'
  | 'float'
  | 'double'
  | 'text'
  | 'binary'
  | 'uuid'
  | 'enum'
  | 'set'
  | 'json'
  | 'date'
  | 'time'
  | 'interval'
  | 'datetime'
  | 'timestamp';

/** A column of the log that a dataset reads. */
export type Field = {
  readonly write: Write;
  readonly label: string;
  /** Bytes of the value where they are always as many; of a text or binary of fixed length, those to be filled up to. */
  readonly size: number;
  readonly isUnsigned: boolean;
  readonly precision: number;
  readonly scale: number;
  /** Digits of a second's fraction. */
  readonly fraction: number;
  readonly encoding: Encoding | null;
  /** Members in UTF-8, as csv. */
  readonly members: readonly Buffer[];
  /** Is what is no date, or no time of day, written as it is? */
  readonly isText: boolean;
};

/** A logged column with what the log may leave out. `charset`: null of bytes and of what has none. */
export type KnownColumn = {
  readonly logged: LoggedColumn;
  readonly name: string;
  readonly isUnsigned: boolean;
  readonly charset: string | null;
  readonly encoding: Encoding | null;
  readonly members: readonly string[];
};

/** How a column's values become those of the model's type. Errors: EngineError where they do not. */
export function fieldOf(column: KnownColumn, type: Type, label: string): Field {
  const { logged } = column;
  const write = writeOf(column, type);
  if (write === null) throw unfit(column, label);
  return {
    write,
    label,
    size: storedSize(logged),
    isUnsigned: column.isUnsigned,
    precision: logged.metadata >> 8,
    scale: logged.metadata & 0xff,
    fraction: logged.metadata,
    encoding: column.encoding,
    members: column.members.map((member) => Buffer.from(member)),
    isText: type.kind === 'text',
  };
}

function writeOf({ logged, charset, encoding }: KnownColumn, type: Type): Write | null {
  const { kind } = type;
  const isText = kind === 'char' || kind === 'varchar' || kind === 'text' || kind === 'enum';
  const isNumber = kind === 'int' || kind === 'decimal';
  switch (logged.type) {
    case logType.tiny:
    case logType.short:
    case logType.int24:
    case logType.long:
    case logType.longlong:
      return kind === 'boolean' ? 'boolean' : isNumber ? 'int' : null;
    case logType.year:
      return isNumber ? 'year' : null;
    case logType.bit:
      return kind === 'boolean' || isNumber ? 'bits' : null;
    case logType.decimal:
      return kind === 'decimal' ? 'decimal' : null;
    case logType.float:
      return kind === 'float' ? 'float' : null;
    case logType.double:
      return kind === 'float' && type.bits === 64 ? 'double' : null;
    case logType.date:
    case logType.newDate:
      return kind === 'date' || kind === 'text' ? 'date' : null;
    case logType.time:
      return kind === 'interval' ? 'interval' : kind === 'time' || kind === 'text' ? 'time' : null;
    case logType.datetime:
      return kind === 'timestamp' || kind === 'text' ? 'datetime' : null;
    case logType.timestamp:
      return kind === 'timestamptz' || kind === 'text' ? 'timestamp' : null;
    case logType.enum:
      return isText ? 'enum' : null;
    case logType.set:
      return isText ? 'set' : null;
    case logType.json:
      return kind === 'json' ? 'json' : null;
    case logType.string:
    case logType.varchar:
    case logType.varString:
    case logType.blob:
      if (charset !== null) return encoding !== null && (isText || kind === 'json') ? 'text' : null;
      if (kind === 'uuid') return logged.type === logType.string && logged.metadata === 16 ? 'uuid' : null;
      return kind === 'binary' ? 'binary' : null;
    default:
      return null;
  }
}

/** Bytes in front of a value that say its length; 0: it always has `storedSize`. */
export function prefixBytes({ type, metadata }: LoggedColumn): number {
  switch (type) {
    case logType.string:
    case logType.varchar:
    case logType.varString:
    case logType.compressedVarchar:
      return metadata > 255 ? 2 : 1;
    case logType.blob:
    case logType.compressedBlob:
    case logType.json:
    case logType.geometry:
      return metadata;
    default:
      return 0;
  }
}

const bytesOfDigits = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

export function decimalBytes(digits: number): number {
  return Math.floor(digits / 9) * 4 + (bytesOfDigits[digits % 9] ?? 0);
}

/** Errors: EngineError where the type is none that we know: what follows it in the row could not be found. */
export function storedSize({ type, metadata, name }: LoggedColumn): number {
  const fraction = (metadata + 1) >> 1;
  switch (type) {
    case logType.tiny:
    case logType.year:
      return 1;
    case logType.short:
      return 2;
    case logType.int24:
    case logType.date:
    case logType.newDate:
    case logType.oldTime:
      return 3;
    case logType.long:
    case logType.oldTimestamp:
      return 4;
    case logType.longlong:
    case logType.oldDatetime:
      return 8;
    case logType.float:
    case logType.double:
    case logType.enum:
    case logType.set:
    case logType.string:
      return metadata;
    case logType.timestamp:
      return 4 + fraction;
    case logType.datetime:
      return 5 + fraction;
    case logType.time:
      return 3 + fraction;
    case logType.bit:
      return (metadata >> 8) + ((metadata & 0xff) > 0 ? 1 : 0);
    case logType.decimal:
      return decimalBytes((metadata >> 8) - (metadata & 0xff)) + decimalBytes(metadata & 0xff);
    case logType.varchar:
    case logType.varString:
    case logType.compressedVarchar:
    case logType.blob:
    case logType.compressedBlob:
    case logType.json:
    case logType.geometry:
      return 0;
    default:
      throw new EngineError(
        'statement',
        `The log has a column${name === null ? '' : ` '${name}'`} of type ${type}, which is not known here, so the values behind it cannot be found. Read the datastore with snapshot().`,
      );
  }
}

function unfit({ logged, name, charset }: KnownColumn, label: string): EngineError {
  const what =
    logged.type === logType.oldTimestamp || logged.type === logType.oldTime || logged.type === logType.oldDatetime
      ? "is stored in the form of before MySQL 5.6, whose fractions the log does not tell. Run  alter table ... force  at the source, with MariaDB's mysql56_temporal_format = ON"
      : charset !== null
        ? `is a text in character set ${charset}, which does not become what the model says. Make it utf8mb4 at the source, correct the model, or read the datastore with snapshot()`
        : `is ${typeWords[logged.type] ?? `of type ${logged.type}`} in the log, which is not what the model says. Correct the model (freehold sync does), or change it back`;
  return new EngineError('statement', `${label}: column '${name}' ${what}.`);
}

/** As people write them: one number of the log may stand for several types. */
const typeWords: Readonly<Record<number, string>> = {
  [logType.tiny]: 'a tinyint',
  [logType.short]: 'a smallint',
  [logType.int24]: 'a mediumint',
  [logType.long]: 'an int',
  [logType.longlong]: 'a bigint',
  [logType.float]: 'a float',
  [logType.double]: 'a double',
  [logType.decimal]: 'a decimal',
  [logType.bit]: 'a bit',
  [logType.year]: 'a year',
  [logType.date]: 'a date',
  [logType.newDate]: 'a date',
  [logType.time]: 'a time',
  [logType.datetime]: 'a datetime',
  [logType.timestamp]: 'a timestamp',
  [logType.varchar]: 'a varchar or varbinary',
  [logType.varString]: 'a varchar or varbinary',
  [logType.string]: 'a char, binary, enum or set',
  [logType.blob]: 'a text or blob',
  [logType.json]: 'a json',
  [logType.geometry]: 'a geometry',
};
