import { must } from '../../../base/must.ts';
import { type SourceTable, unfitCode } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { Charsets } from './charsets.ts';
import { type Field, fieldOf, type KnownColumn, prefixBytes, storedSize } from './field.ts';
import { Missed, unnamedColumns } from './loss.ts';
import { type LoggedColumn, logType, type TableMap } from './table-map.ts';

/** Where each staged column's value is in the log's rows of a table, and how it is written. */
export type Layout = {
  /** Of each column of the log: bytes of length in front, or where there are none, bytes of the value. */
  readonly prefixes: Uint8Array;
  readonly sizes: Uint32Array;
  /** Of each staged column: its place in the log's row, and how its value is written. */
  readonly from: Uint32Array;
  readonly fields: readonly Field[];
  readonly isKey: readonly boolean[];
  /** Bytes of members that a row may hold besides what its own bytes take. */
  readonly more: number;
  /** Has it json in MySQL's binary form? */
  readonly hasJson: boolean;
};

/** What the catalogue knows of a table's column, where the log does not say. */
export type CatalogueColumn = {
  readonly name: string;
  /** `data_type`. */
  readonly type: string;
  readonly isUnsigned: boolean;
  readonly charset: string | null;
  readonly members: readonly string[];
};

/** Columns of the table in their order as of where the log is; asked only where the log has no names. */
export type Describe = () => Promise<readonly CatalogueColumn[]>;

export async function layoutOf(
  map: TableMap,
  table: SourceTable,
  charsets: Charsets,
  describe: Describe,
): Promise<Layout> {
  const known = await knownColumns(map, table, charsets, describe);
  const at = new Map(known.map((column, i) => [column.name, i]));
  const label = `dataset '${table.address}'`;
  const columns = table.columns.map((column) => {
    const from = at.get(column.from);
    if (from === undefined) throw missingColumn(table, column.name, column.from);
    return {
      column,
      from,
      field: fieldOf(must(known[from], 'column'), column.type, `${label}, column '${column.name}'`),
    };
  });
  return {
    prefixes: Uint8Array.from(map.columns, prefixBytes),
    sizes: Uint32Array.from(map.columns, storedSize),
    from: Uint32Array.from(columns, ({ from }) => from),
    fields: columns.map(({ field }) => field),
    hasJson: columns.some(({ field }) => field.write === 'json'),
    isKey: columns.map(({ column }) => table.key.includes(column.name)),
    more: columns.reduce((sum, { field }) => sum + field.members.reduce((all, one) => all + one.length * 2 + 3, 0), 0),
  };
}

async function knownColumns(
  map: TableMap,
  table: SourceTable,
  charsets: Charsets,
  describe: Describe,
): Promise<readonly KnownColumn[]> {
  const isNamed = map.columns.every(({ name }) => name !== null);
  const catalogue = isNamed ? null : await describe();
  if (catalogue !== null) refuseOther(map, table, catalogue);
  const known: KnownColumn[] = [];
  for (const [i, logged] of map.columns.entries()) {
    const described = catalogue?.[i] ?? null;
    const charset = await charsetOf(logged, described, charsets);
    const encoding = charset === null ? null : await charsets.encodingOf(charset);
    known.push({
      logged,
      name: logged.name ?? must(described, 'described column').name,
      isUnsigned: logged.isUnsigned ?? described?.isUnsigned ?? false,
      charset,
      encoding,
      members: described?.members ?? (await membersOf(logged, charset, charsets)),
    });
  }
  return known;
}

async function charsetOf(
  logged: LoggedColumn,
  described: CatalogueColumn | null,
  charsets: Charsets,
): Promise<string | null> {
  if (described !== null) return described.charset;
  if (logged.collation === null) return null;
  const charset = await charsets.charsetOf(logged.collation);
  return charset === 'binary' ? null : charset;
}

/** The members of an enum or set are in the log in their own character set. */
async function membersOf({ members }: LoggedColumn, charset: string | null, charsets: Charsets): Promise<string[]> {
  const encoding = charset === null ? null : await charsets.encodingOf(charset);
  return (members ?? []).map((member) => {
    if (encoding?.kind === 'decoder') return encoding.decode(member);
    if (encoding?.kind === 'bytes') return [...member].map((byte) => String(encoding.table[byte] ?? '')).join('');
    return member.toString('utf8');
  });
}

/** The catalogue is of the same columns as the log only where their types are the same, too. */
function refuseOther(map: TableMap, table: SourceTable, catalogue: readonly CatalogueColumn[]): void {
  const isSame =
    catalogue.length === map.columns.length &&
    catalogue.every(({ type }, i) => typesOf(type).includes(map.columns[i]?.type ?? 0));
  if (!isSame) throw new Missed(unnamedColumns(table));
}

function typesOf(type: string): readonly number[] {
  switch (type) {
    case 'tinyint':
      return [logType.tiny];
    case 'smallint':
      return [logType.short];
    case 'mediumint':
      return [logType.int24];
    case 'int':
      return [logType.long];
    case 'bigint':
      return [logType.longlong];
    case 'decimal':
      return [logType.decimal];
    case 'float':
    case 'double':
    case 'year':
    case 'bit':
    case 'json':
    case 'enum':
    case 'set':
      return [logType[type]];
    case 'date':
      return [logType.date, logType.newDate];
    case 'time':
      return [logType.time, logType.oldTime];
    case 'datetime':
      return [logType.datetime, logType.oldDatetime];
    case 'timestamp':
      return [logType.timestamp, logType.oldTimestamp];
    case 'varchar':
    case 'varbinary':
      return [logType.varchar, logType.varString, logType.compressedVarchar];
    case 'char':
    case 'binary':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return [logType.string];
    case 'longtext':
    case 'mediumtext':
    case 'text':
    case 'tinytext':
    case 'longblob':
    case 'mediumblob':
    case 'blob':
    case 'tinyblob':
      return [logType.blob, logType.compressedBlob];
    default:
      return [logType.geometry];
  }
}

function missingColumn(table: SourceTable, column: string, from: string): EngineError {
  return new EngineError(
    'missing',
    `Dataset '${table.address}' reads column '${column}' from '${from}', which table '${table.schema}.${table.table}' no longer has. ` +
      'Nothing is lost: what changes waits. Take the column out of the model and apply it, or bring it back at the source; ' +
      'after either the stream goes on by itself.',
    { code: unfitCode },
  );
}
