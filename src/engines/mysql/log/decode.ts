import { inflateSync } from 'node:zlib';
import { must } from '../../../base/must.ts';
import type { ChangeSink, Loss, SourceTable, StagedShape } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { Charsets } from './charsets.ts';
import { type Event, eventType } from './event.ts';
import { type CatalogueColumn, type Layout, layoutOf } from './layout.ts';
import { Missed, withoutImage, withPartialJson } from './loss.ts';
import { hasAll, hasSameKey, newScanned, type Scanned, scanRow, writeDelete, writeUpsert } from './rows.ts';
import { readTableMap, type TableMap, tableId } from './table-map.ts';

/** Changes of rows, in the transaction that the caller is in. */
export type RowsDecoder = {
  /** Takes a table map or rows; a promise where something must be asked before the next event. Others are left alone. */
  take(event: Event): Promise<void> | null;
  /**
   * Nothing more of the table is given, from the transaction under way on; false where its rows were read later than this, so
   * that it does not matter.
   */
  stop(table: number, why: Loss | EngineError): boolean;
  /** Tells the sink of the table's shape, where it has not been told. */
  tell(table: number): void;
  /** Forgets the numbers of tables: those of another file, or after a statement that changed a table. */
  forget(): void;
};

export type Decoding = {
  readonly tables: readonly SourceTable[];
  /** The index of a table by its names in the log; undefined: not ours. */
  readonly indexOf: (schema: string, table: string) => number | undefined;
  readonly charsets: Charsets;
  readonly describe: (table: number) => Promise<readonly CatalogueColumn[]>;
  readonly sink: ChangeSink;
  /** Called before each change: tells of the transaction with its first. */
  readonly onChange: (table: number) => void;
  readonly onStop: (table: number, why: Loss | EngineError) => void;
};

type Mapped = {
  /** The table map's bytes, by which the same one is known again. */
  readonly map: Buffer;
  readonly table: number;
  readonly layout: Layout;
  readonly before: Scanned;
  readonly after: Scanned;
};

export function rowsDecoder(decoding: Decoding): RowsDecoder {
  const { tables, sink } = decoding;
  const mapped = new Map<number, Mapped | { readonly map: Buffer; readonly table: null }>();
  const shapes = new Map<number, string>();
  const stopped = new Set<number>();

  function take(event: Event): Promise<void> | null {
    switch (event.type) {
      case eventType.tableMap:
        return map(event);
      case eventType.writeRows1:
      case eventType.writeRows:
      case eventType.mariadbWriteRowsCompressed1:
      case eventType.mariadbWriteRowsCompressed:
        rows(event, 'write');
        return null;
      case eventType.updateRows1:
      case eventType.updateRows:
      case eventType.mariadbUpdateRowsCompressed1:
      case eventType.mariadbUpdateRowsCompressed:
        rows(event, 'update');
        return null;
      case eventType.deleteRows1:
      case eventType.deleteRows:
      case eventType.mariadbDeleteRowsCompressed1:
      case eventType.mariadbDeleteRowsCompressed:
        rows(event, 'delete');
        return null;
      case eventType.partialUpdateRows:
        refusePartial(event);
        return null;
      default:
        return null;
    }
  }

  /** Every statement maps its tables anew, almost always as before. */
  function map(event: Event): Promise<void> | null {
    const id = tableId(event);
    const bytes = event.bytes.subarray(event.body, event.end);
    if (mapped.get(id)?.map.equals(bytes) === true) return null;
    const read = readTableMap(event);
    const table = decoding.indexOf(read.schema, read.table);
    const kept = Buffer.from(bytes);
    if (table === undefined || stopped.has(table)) {
      mapped.set(id, { map: kept, table: null });
      return null;
    }
    return adopt(id, kept, read, table);
  }

  async function adopt(id: number, kept: Buffer, read: TableMap, table: number): Promise<void> {
    try {
      const model = must(tables[table], 'table');
      const layout = await layoutOf(read, model, decoding.charsets, () => decoding.describe(table));
      const size = read.columns.length;
      mapped.set(id, { map: kept, table, layout, before: newScanned(size), after: newScanned(size) });
      tell(table);
    } catch (failure) {
      const isFinal = stop(table, whyOf(failure));
      // What does not matter here may matter further on: then it is looked at again.
      mapped.set(id, { map: isFinal ? kept : unlike, table: null });
    }
  }

  function stop(table: number, why: Loss | EngineError): boolean {
    if (stopped.has(table)) return true;
    decoding.onChange(table);
    if (!sink.stop(table, why)) return false;
    stopped.add(table);
    for (const [id, one] of mapped) if (one.table === table) mapped.set(id, { map: one.map, table: null });
    decoding.onStop(table, why);
    return true;
  }

  /** Each column is staged as text: whatever its type at the source becomes, the shape is the same. */
  function tell(table: number): void {
    const model = must(tables[table], 'table');
    const shape: StagedShape = {
      transport: 'csv',
      columns: model.columns.map(({ name, type }) => ({ name, wire: 'text', type })),
    };
    const text = JSON.stringify(shape);
    if (shapes.get(table) === text) return;
    shapes.set(table, text);
    sink.shape(table, shape);
  }

  function rows(event: Event, what: 'write' | 'update' | 'delete'): void {
    const id = tableId(event);
    const found = mapped.get(id);
    if (found === undefined && id !== endOfStatement) throw new Error(`bug: the log does not say which table ${id} is`);
    if (found === undefined || found.table === null) return;
    const { table, layout } = found;
    // Of a table without a key only added rows are followed.
    if (what !== 'write' && !layout.isKey.includes(true)) return;
    const { body, end: eventEnd } = event;
    let bytes = event.bytes;
    let at = body + 8;
    if (hasExtra.has(event.type)) at += bytes.readUInt16LE(at);
    const columns = numberAt(bytes, at);
    at = columns.end;
    const bitmap = (columns.value + 7) >> 3;
    const present = at;
    const presentAfter = what === 'update' ? at + bitmap : at;
    at = presentAfter + bitmap;
    let end = eventEnd;
    let [presentIn, presentAfterIn] = [present, presentAfter];
    if (isCompressed.has(event.type)) {
      // The rows alone are compressed; the bitmaps go in front of what they become.
      bytes = Buffer.concat([bytes.subarray(present, at), inflated(bytes, at, end)]);
      at -= present;
      end = bytes.length;
      presentAfterIn -= present;
      presentIn = 0;
    }
    decoding.onChange(table);
    const isWhole =
      (what === 'write' || hasAll(bytes, presentIn, layout, 'key')) &&
      (what === 'delete' || hasAll(bytes, presentAfterIn, layout, 'all'));
    if (!isWhole) {
      stop(table, withoutImage(must(tables[table], 'table')));
      return;
    }
    try {
      while (at < end) {
        const next = row(found, what, bytes, at, presentIn, presentAfterIn);
        // Nobody wants it, and neither the rest of the event.
        if (next === null) return;
        at = next;
      }
    } catch (failure) {
      stop(table, whyOf(failure));
      return;
    }
    if (at !== end) throw misread(must(tables[table], 'table'));
  }

  /** Where the row ends; null where nobody wants it. */
  function row(
    of: Mapped,
    what: string,
    bytes: Buffer,
    from: number,
    present: number,
    presentAfter: number,
  ): number | null {
    const { table, layout, before, after } = of;
    const staged = sink.change(table);
    if (staged === null) return null;
    if (what === 'write') {
      const end = scanRow(bytes, from, present, layout, after);
      writeUpsert(staged, bytes, layout, after, end - from);
      return end;
    }
    const middle = scanRow(bytes, from, present, layout, before);
    if (what === 'delete') {
      writeDelete(staged, bytes, layout, before, middle - from, false);
      return middle;
    }
    const end = scanRow(bytes, middle, presentAfter, layout, after);
    if (hasSameKey(bytes, layout, before, after)) writeUpsert(staged, bytes, layout, after, end - middle);
    else {
      writeDelete(staged, bytes, layout, before, middle - from, true);
      // Writing may have filled what was lent: the sink lends the next.
      const more = sink.change(table);
      if (more !== null) writeUpsert(more, bytes, layout, after, end - middle);
    }
    return end;
  }

  function refusePartial(event: Event): void {
    const found = mapped.get(tableId(event));
    if (found === undefined || found.table === null) return;
    stop(found.table, withPartialJson(must(tables[found.table], 'table')));
  }

  return { take, stop, tell, forget: () => mapped.clear() };
}

/** The bytes of no table map. */
const unlike = Buffer.alloc(0);

function whyOf(failure: unknown): Loss | EngineError {
  if (failure instanceof Missed) return failure.loss;
  if (failure instanceof EngineError && !failure.isPassing) return failure;
  throw failure;
}

/** The number of no table: such an event only ends a statement. */
const endOfStatement = 0xffffff;

/** Rows of the second version have more in front, with its length. */
const hasExtra: ReadonlySet<number> = new Set([
  eventType.writeRows,
  eventType.updateRows,
  eventType.deleteRows,
  eventType.mariadbWriteRowsCompressed,
  eventType.mariadbUpdateRowsCompressed,
  eventType.mariadbDeleteRowsCompressed,
]);

const isCompressed: ReadonlySet<number> = new Set([
  eventType.mariadbWriteRowsCompressed1,
  eventType.mariadbUpdateRowsCompressed1,
  eventType.mariadbDeleteRowsCompressed1,
  eventType.mariadbWriteRowsCompressed,
  eventType.mariadbUpdateRowsCompressed,
  eventType.mariadbDeleteRowsCompressed,
]);

/** MariaDB, log_bin_compress: a byte that says the algorithm and how many bytes tell the length; the length; zlib's bytes. */
export function inflated(bytes: Buffer, from: number, end: number): Buffer {
  const head = bytes[from] ?? 0;
  if ((head & 0x80) === 0 || ((head >> 4) & 7) !== 0)
    throw new EngineError('statement', `The log holds events compressed in a way (${head}) that is not read here.`);
  return inflateSync(bytes.subarray(from + 1 + (head & 7), end));
}

function numberAt(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  const first = bytes[at] ?? 0;
  return first < 0xfb ? { value: first, end: at + 1 } : { value: bytes.readUInt16LE(at + 1), end: at + 3 };
}

function misread(table: SourceTable): EngineError {
  return new EngineError(
    'statement',
    `dataset '${table.address}': rows in the log do not end where they should. Please report it, with the table's definition.`,
  );
}
