import type { Event } from './event.ts';

/** Column types of the log. https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html */
export const logType = {
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  oldTimestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  oldTime: 11,
  oldDatetime: 12,
  year: 13,
  newDate: 14,
  varchar: 15,
  bit: 16,
  timestamp: 17,
  datetime: 18,
  time: 19,
  compressedBlob: 140,
  compressedVarchar: 141,
  json: 245,
  decimal: 246,
  enum: 247,
  set: 248,
  blob: 252,
  varString: 253,
  string: 254,
  geometry: 255,
} as const;

/** What a table map says of one column. */
export type LoggedColumn = {
  readonly type: number;
  /** Two bytes at most: lengths, precision, number of bits, as the type has it. */
  readonly metadata: number;
  /** With binlog_row_metadata = FULL; else null. */
  readonly name: string | null;
  /** From the least metadata on, of numbers; else null. */
  readonly isUnsigned: boolean | null;
  /** Collation by number, of texts; else null. */
  readonly collation: number | null;
  /** Members of an enum or set, in their own character set; else null. */
  readonly members: readonly Buffer[] | null;
};

export type TableMap = {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly LoggedColumn[];
};

export function tableId({ bytes, body }: Event): number {
  return bytes.readUIntLE(body, 6);
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/classbinary__log_1_1Table__map__event.html */
export function readTableMap({ bytes, body, end }: Event): TableMap {
  const reader = readerOf(bytes, body + 8, end);
  const schema = reader.text(reader.byte());
  reader.byte();
  const table = reader.text(reader.byte());
  reader.byte();
  const types = [...reader.bytes(reader.number())];
  const metadataEnd = reader.number() + reader.at();
  const columns = types.map((type) => columnOf(type, reader));
  reader.moveTo(metadataEnd + ((types.length + 7) >> 3));
  const found = columns.map(({ type, metadata }) => ({ type, metadata, ...unknown() }));
  while (reader.at() < end) {
    const field = reader.byte();
    const size = reader.number();
    readOptional(field, readerOf(bytes, reader.at(), reader.at() + size), found);
    reader.moveTo(reader.at() + size);
  }
  return { schema, table, columns: found };
}

type Reader = ReturnType<typeof readerOf>;

function readerOf(bytes: Buffer, from: number, to: number) {
  let at = from;
  const byte = () => bytes[at++] ?? 0;
  const take = (size: number) => {
    at += size;
    return bytes.subarray(at - size, at);
  };
  return {
    at: () => at,
    isAtEnd: () => at >= to,
    moveTo: (place: number) => {
      at = place;
    },
    byte,
    bytes: take,
    text: (size: number) => take(size).toString('utf8'),
    /** A number of variable length. */
    number: (): number => {
      const first = byte();
      if (first < 0xfb) return first;
      const size = first === 0xfc ? 2 : first === 0xfd ? 3 : 8;
      return size === 8 ? Number(take(8).readBigUInt64LE(0)) : take(size).readUIntLE(0, size);
    },
  };
}

/** Types that stand for others: an enum or a set is a string with its own type in the metadata. */
function columnOf(type: number, reader: Reader): { readonly type: number; readonly metadata: number } {
  switch (type) {
    case logType.string: {
      const [real, low] = [reader.byte(), reader.byte()];
      if (real === logType.enum || real === logType.set) return { type: real, metadata: low };
      // Two bits of the length hide in the type: https://bugs.mysql.com/bug.php?id=37426
      return { type: logType.string, metadata: low | (((real & 0x30) ^ 0x30) << 4) };
    }
    case logType.decimal: {
      const [precision, scale] = [reader.byte(), reader.byte()];
      return { type, metadata: (precision << 8) | scale };
    }
    case logType.varchar:
    case logType.varString:
    case logType.compressedVarchar:
    case logType.bit:
    case logType.enum:
    case logType.set:
    case logType.newDate:
      return { type, metadata: reader.byte() | (reader.byte() << 8) };
    case logType.float:
    case logType.double:
    case logType.timestamp:
    case logType.datetime:
    case logType.time:
    case logType.blob:
    case logType.compressedBlob:
    case logType.json:
    case logType.geometry:
      return { type, metadata: reader.byte() };
    default:
      return { type, metadata: 0 };
  }
}

type Found = { -readonly [Member in keyof LoggedColumn]: LoggedColumn[Member] };

function unknown(): Omit<Found, 'type' | 'metadata'> {
  return { name: null, isUnsigned: null, collation: null, members: null };
}

const optional = {
  signedness: 1,
  defaultCharset: 2,
  columnCharset: 3,
  columnName: 4,
  setMembers: 5,
  enumMembers: 6,
  enumAndSetDefaultCharset: 10,
  enumAndSetColumnCharset: 11,
} as const;

function readOptional(field: number, reader: Reader, columns: readonly Found[]): void {
  switch (field) {
    case optional.signedness: {
      let bits = 0;
      for (const [i, column] of columns.filter(isNumber).entries()) {
        if ((i & 7) === 0) bits = reader.byte();
        column.isUnsigned = ((bits >> (7 - (i & 7))) & 1) === 1;
      }
      return;
    }
    case optional.defaultCharset:
      readDefaultCharset(reader, columns.filter(isText));
      return;
    case optional.columnCharset:
      readCharsets(reader, columns.filter(isText));
      return;
    case optional.enumAndSetDefaultCharset:
      readDefaultCharset(reader, columns.filter(hasMembers));
      return;
    case optional.enumAndSetColumnCharset:
      readCharsets(reader, columns.filter(hasMembers));
      return;
    case optional.columnName:
      for (const column of columns) column.name = reader.text(reader.number());
      return;
    case optional.setMembers:
      readMembers(
        reader,
        columns.filter(({ type }) => type === logType.set),
      );
      return;
    case optional.enumMembers:
      readMembers(
        reader,
        columns.filter(({ type }) => type === logType.enum),
      );
      return;
    default:
  }
}

function readDefaultCharset(reader: Reader, columns: readonly Found[]): void {
  const usual = reader.number();
  for (const column of columns) column.collation = usual;
  while (!reader.isAtEnd()) {
    const column = columns[reader.number()];
    const collation = reader.number();
    if (column !== undefined) column.collation = collation;
  }
}

function readCharsets(reader: Reader, columns: readonly Found[]): void {
  for (const column of columns) column.collation = reader.number();
}

function readMembers(reader: Reader, columns: readonly Found[]): void {
  for (const column of columns) {
    const count = reader.number();
    column.members = Array.from({ length: count }, () => Buffer.from(reader.bytes(reader.number())));
  }
}

function isNumber({ type }: Found): boolean {
  switch (type) {
    case logType.tiny:
    case logType.short:
    case logType.int24:
    case logType.long:
    case logType.longlong:
    case logType.decimal:
    case logType.float:
    case logType.double:
      return true;
    default:
      return false;
  }
}

function isText({ type }: Found): boolean {
  switch (type) {
    case logType.string:
    case logType.varString:
    case logType.varchar:
    case logType.blob:
    case logType.compressedBlob:
    case logType.compressedVarchar:
      return true;
    default:
      return false;
  }
}

function hasMembers({ type }: Found): boolean {
  return type === logType.enum || type === logType.set;
}
