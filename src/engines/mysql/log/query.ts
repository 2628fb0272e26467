import { inflated } from './decode.ts';
import { type Event, eventType } from './event.ts';
import { readStatement, type Statement } from './statement.ts';

/** What a statement in the log does. https://dev.mysql.com/doc/dev/mysql-server/latest/classbinary__log_1_1Query__event.html */
export function readQuery(event: Event): Statement {
  const { bytes, body, end, type } = event;
  const schemaBytes = bytes[body + 8] ?? 0;
  const schemaAt = body + 13 + bytes.readUInt16LE(body + 11);
  const schema = bytes.toString('utf8', schemaAt, schemaAt + schemaBytes);
  const textAt = schemaAt + schemaBytes + 1;
  const text =
    type === eventType.mariadbQueryCompressed
      ? inflated(bytes, textAt, end).toString('utf8')
      : bytes.toString('utf8', textAt, end);
  return readStatement(text, schema);
}

/** MariaDB says in the event of its id whether rows follow, or one statement; MySQL begins them by a statement. */
export function isTransaction({ type, bytes, body }: Event): boolean {
  return type === eventType.mariadbGtid && ((bytes[body + 12] ?? 0) & 1) === 0;
}

/** MariaDB says of a prepared transaction, and of what became of it, in the event of its id; null: it is none. */
export function preparedId({ bytes, body }: Event): { readonly xid: string; readonly isEnd: boolean } | null {
  const flags = bytes[body + 12] ?? 0;
  const isPrepared = (flags & 0x40) !== 0;
  const isEnd = (flags & 0x80) !== 0;
  if (!isPrepared && !isEnd) return null;
  const at = body + 13 + ((flags & 2) === 0 ? 0 : 8);
  const [first = 0, second = 0] = bytes.subarray(at + 4, at + 6);
  const parts = at + 6;
  const hex = (from: number, size: number) => `x'${bytes.toString('hex', from, from + size)}'`;
  return { xid: `${hex(parts, first)},${hex(parts + first, second)},${bytes.readInt32LE(at)}`, isEnd };
}
