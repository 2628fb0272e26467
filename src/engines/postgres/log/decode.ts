import { must } from '../../../base/must.ts';
import type { ChangeSink, Position, SourceTable, StagedRows, StagedShape } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';
import { readPosition } from './position.ts';
import { hasSameKey, type Layout, scanTuple, writeDelete, writeUpsert } from './tuple.ts';
import type { WireTypes } from './wire.ts';

/**
 * Messages of pgoutput, protocol version 1, into a sink. Whole transactions arrive in commit order, aborted ones and
 * rolled-back savepoints never. https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 */
export type Decoder = {
  /** Takes one message; a promise where the source's catalogue must be asked before the next. */
  message(bytes: Buffer, from: number, to: number): Promise<void> | null;
  /** Is a transaction's commit still to come? */
  isInside(): boolean;
};

/** A table of the log as it is from the last relation message on; null: not one of ours. */
type Relation = {
  readonly table: number;
  readonly layout: Layout;
  readonly before: Int32Array;
  readonly after: Int32Array;
};

const letter = { begin: 0x42, commit: 0x43, relation: 0x52, insert: 0x49, update: 0x55, delete: 0x44, truncate: 0x54 };
const newTuple = 0x4e;
/** Milliseconds from 1970 to 2000, where the server's clock starts. */
const epochMs = 946_684_800_000;

export function decoder(tables: readonly SourceTable[], types: WireTypes, sink: ChangeSink): Decoder {
  const indexOf = new Map(tables.map((table, i) => [`${table.schema}\u0000${table.table}`, i]));
  const relations = new Map<number, Relation | null>();
  const shapes = new Map<number, string>();
  let begun: { position: Position; atMs: number; isTold: boolean } | null = null;

  function message(bytes: Buffer, from: number, to: number): Promise<void> | null {
    switch (bytes[from]) {
      case letter.insert:
        insert(bytes, from + 1);
        return null;
      case letter.update:
        update(bytes, from + 1);
        return null;
      case letter.delete:
        remove(bytes, from + 1);
        return null;
      case letter.begin: {
        const micros = bytes.readUInt32BE(from + 9) * 2 ** 32 + bytes.readUInt32BE(from + 13);
        begun = { position: readPosition(bytes, from + 1), atMs: Math.floor(micros / 1000) + epochMs, isTold: false };
        return null;
      }
      case letter.commit: {
        const { position, isTold } = must(begun, 'begin');
        begun = null;
        if (isTold) sink.commit(position);
        else sink.idle(position);
        return null;
      }
      case letter.relation:
        return relation(bytes, from + 1);
      case letter.truncate:
        truncate(bytes, from + 1, to);
        return null;
      // Origin, type and logical messages say nothing about rows.
      default:
        return null;
    }
  }

  function rowsOf(found: Relation): StagedRows | null {
    tell();
    return sink.change(found.table);
  }

  /** A transaction is told of with its first change, so that one without any of ours costs nothing. */
  function tell(): void {
    const transaction = must(begun, 'begin');
    if (transaction.isTold) return;
    transaction.isTold = true;
    sink.begin(transaction.position, transaction.atMs);
  }

  function relationAt(bytes: Buffer, at: number): Relation | null {
    return relations.get(bytes.readUInt32BE(at)) ?? null;
  }

  function insert(bytes: Buffer, at: number): void {
    const found = relationAt(bytes, at);
    if (found === null) return;
    const rows = rowsOf(found);
    if (rows === null) return;
    const end = scanTuple(bytes, at + 5, found.after);
    writeUpsert(rows, bytes, found.layout, found.after, null, end - at);
  }

  function update(bytes: Buffer, at: number): void {
    const found = relationAt(bytes, at);
    if (found === null) return;
    const rows = rowsOf(found);
    if (rows === null) return;
    const hasOld = bytes[at + 4] !== newTuple;
    const middle = hasOld ? scanTuple(bytes, at + 5, found.before) : at + 4;
    const end = scanTuple(bytes, middle + 1, found.after);
    if (!hasOld || hasSameKey(bytes, found.layout, found.before, found.after)) {
      writeUpsert(rows, bytes, found.layout, found.after, hasOld ? found.before : null, end - at);
      return;
    }
    writeDelete(rows, bytes, found.layout, found.before, middle - at);
    // Writing may have filled what was lent: the sink lends the next.
    const more = sink.change(found.table);
    if (more !== null) writeUpsert(more, bytes, found.layout, found.after, found.before, end - at);
  }

  function remove(bytes: Buffer, at: number): void {
    const found = relationAt(bytes, at);
    if (found === null) return;
    const rows = rowsOf(found);
    if (rows === null) return;
    const end = scanTuple(bytes, at + 5, found.before);
    writeDelete(rows, bytes, found.layout, found.before, end - at);
  }

  function truncate(bytes: Buffer, at: number, to: number): void {
    for (let i = at + 5; i < to; i += 4) {
      const found = relationAt(bytes, i);
      if (found === null) continue;
      tell();
      sink.truncate(found.table);
    }
  }

  function relation(bytes: Buffer, at: number): Promise<void> | null {
    const described = readRelation(bytes, at);
    const table = indexOf.get(`${described.schema}\u0000${described.table}`);
    if (table === undefined) {
      relations.set(described.oid, null);
      return null;
    }
    const model = must(tables[table], 'table');
    const wanted = new Set(model.columns.map((column) => column.from));
    const unknown = described.columns.filter((c) => wanted.has(c.name) && !types.has(c.type)).map((c) => c.type);
    if (unknown.length > 0) return types.learn(unknown).then(() => adopt(described, table, model));
    adopt(described, table, model);
    return null;
  }

  function adopt(described: RelationMessage, table: number, model: SourceTable): void {
    const at = new Map(described.columns.map((column, i) => [column.name, i]));
    const columns = model.columns.map((column) => {
      const from = at.get(column.from);
      if (from === undefined) throw missingColumn(model, column.name, column.from);
      const logged = must(described.columns[from], 'column');
      if (model.key.includes(column.name) && !logged.isKey && described.identity !== 'n')
        throw unusableKey(model, column.name);
      return { column, from, wire: types.wire(logged.type, column, model.address) };
    });
    const layout: Layout = {
      from: Int32Array.from(columns, (c) => c.from),
      element: Uint32Array.from(columns, (c) => c.wire.element ?? 0),
      isKey: columns.map((c) => model.key.includes(c.column.name)),
    };
    const size = described.columns.length;
    relations.set(described.oid, { table, layout, before: new Int32Array(size), after: new Int32Array(size) });
    const shape: StagedShape = {
      transport: 'binary',
      columns: columns.map((c) => ({ name: c.column.name, wire: c.wire.type, type: c.column.type })),
    };
    const text = JSON.stringify(shape.columns);
    if (shapes.get(table) === text) return;
    shapes.set(table, text);
    sink.shape(table, shape);
  }

  return { message, isInside: () => begun !== null };
}

type RelationMessage = {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  /** Replica identity: d default, n nothing, f full, i index. */
  readonly identity: string;
  readonly columns: readonly { readonly name: string; readonly type: number; readonly isKey: boolean }[];
};

function readRelation(bytes: Buffer, from: number): RelationMessage {
  let at = from + 4;
  const text = () => {
    const end = bytes.indexOf(0, at);
    const read = bytes.toString('utf8', at, end);
    at = end + 1;
    return read;
  };
  const oid = bytes.readUInt32BE(from);
  const schema = text();
  const table = text();
  const identity = String.fromCharCode(bytes[at] ?? 0);
  const count = bytes.readUInt16BE(at + 1);
  at += 3;
  const columns = [];
  for (let i = 0; i < count; i++) {
    const isKey = ((bytes[at++] ?? 0) & 1) === 1;
    const name = text();
    columns.push({ name, isKey, type: bytes.readUInt32BE(at) });
    at += 8;
  }
  // The server writes an empty schema for its own catalogue.
  return { oid, schema: schema === '' ? 'pg_catalog' : schema, table, identity, columns };
}

function missingColumn(model: SourceTable, column: string, from: string): EngineError {
  return new EngineError(
    'missing',
    `Dataset '${model.address}' reads column '${column}' from '${from}', which table '${model.schema}.${model.table}' no longer has. ` +
      'Take the column out of the model, or bring it back at the source.',
  );
}

function unusableKey(model: SourceTable, column: string): EngineError {
  return new EngineError(
    'statement',
    `Key column '${column}' of dataset '${model.address}' is not part of the replica identity of '${model.schema}.${model.table}', so the ` +
      `log does not say which row a delete removed. Make the key the table's primary key, or run: ` +
      `alter table "${model.schema}"."${model.table}" replica identity full`,
  );
}
