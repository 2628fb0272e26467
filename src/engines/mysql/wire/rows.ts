import { type Column, readColumn } from './column.ts';
import { type CsvOut, csvOut } from './csv.ts';
import { readFailure, type WireFailure } from './failure.ts';
import type { Packets } from './tap.ts';

/** Bytes of csv that leave at a time. */
const chunkBytes = 1 << 18;

const query = 0x03;
const failed = 0xff;
const end = 0xfe;
const isNull = 0xfb;

/** How an answer ended: then the session is at rest. `failure`: what the server said instead of more rows. */
export type Outcome = { readonly warnings: number; readonly failure: WireFailure | null };

/**
 * The rows of a query as csv, straight from the server's packets. Errors: EngineError where a value has no transport text
 * or the connection breaks; then, and where it is left before its end, the session is not at rest.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html
 */
export async function* csvRows(packets: Packets, text: string, label: string): AsyncGenerator<Uint8Array, Outcome> {
  packets.send(Buffer.concat([Buffer.of(query), Buffer.from(text, 'utf8')]));
  await arrive(packets);
  if (packets.bytes[packets.from] === failed)
    return { warnings: 0, failure: readFailure(packets.bytes, packets.from, packets.to) };
  const count = packets.bytes[packets.from] === 0 ? 0 : lengthAt(packets.bytes, packets.from);
  // An OK: a statement without rows.
  if (count === 0) return { warnings: 0, failure: null };
  const columns: Column[] = [];
  while (columns.length < count) {
    await arrive(packets);
    columns.push(readColumn(packets.bytes, packets.from, packets.to));
  }
  await arrive(packets);
  const out = csvOut(columns, label);
  for (;;) {
    while (packets.next()) {
      const { bytes, from, to } = packets;
      const first = bytes[from];
      if (first === end && to - from < 9) {
        const warnings = bytes.readUInt16LE(from + 1);
        if (out.length > 0) yield out.taken();
        return { warnings, failure: null };
      }
      if (first === failed) return { warnings: 0, failure: readFailure(bytes, from, to) };
      writeRow(out, bytes, from, to, columns.length);
      if (out.length >= chunkBytes) yield out.taken();
    }
    await packets.more();
  }
}

async function arrive(packets: Packets): Promise<void> {
  while (!packets.next()) await packets.more();
}

function writeRow(out: CsvOut, bytes: Buffer, from: number, to: number, columns: number): void {
  out.begin(to - from);
  let at = from;
  for (let i = 0; i < columns; i++) {
    const first = bytes[at] ?? 0;
    if (first === isNull) {
      out.nothing(i);
      at++;
    } else {
      const size = first < isNull ? first : lengthAt(bytes, at);
      const start = at + (first < isNull ? 1 : headBytes(first));
      at = start + size;
      out.field(i, bytes, start, at);
    }
  }
  out.end();
}

/** A number of the protocol's variable length. */
function lengthAt(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < isNull) return first;
  if (first === 0xfc) return bytes.readUInt16LE(at + 1);
  if (first === 0xfd) return bytes.readUIntLE(at + 1, 3);
  return Number(bytes.readBigUInt64LE(at + 1));
}

function headBytes(first: number): number {
  return first === 0xfc ? 3 : first === 0xfd ? 4 : 9;
}
