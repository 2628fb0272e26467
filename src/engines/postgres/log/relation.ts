import { must } from '../../../base/must.ts';
import { type SourceTable, type StagedShape, unfitCode } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { Layout } from './tuple.ts';
import type { WireTypes } from './wire.ts';

/** What the log says of a table before its first change, and again when that has changed. */
export type RelationMessage = {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  /** Replica identity: d default, n nothing, f full, i index. */
  readonly identity: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: number;
    readonly modifier: number;
    readonly isKey: boolean;
  }[];
};

/** The message's body. */
export function readRelation(bytes: Buffer, from: number): RelationMessage {
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
    columns.push({ name, isKey, type: bytes.readUInt32BE(at), modifier: bytes.readInt32BE(at + 4) });
    at += 8;
  }
  // The server writes an empty schema for its own catalogue.
  return { oid, schema: schema === '' ? 'pg_catalog' : schema, table, identity, columns };
}

/** How the table's tuples become staged rows. Errors: EngineError, where the model's columns are not in them as it needs. */
export function layoutOf(
  described: RelationMessage,
  model: SourceTable,
  types: WireTypes,
): { readonly layout: Layout; readonly shape: StagedShape } {
  const at = new Map(described.columns.map((column, i) => [column.name, i]));
  const columns = model.columns.map((column) => {
    const from = at.get(column.from);
    if (from === undefined) throw missingColumn(model, column.name, column.from);
    const logged = must(described.columns[from], 'column');
    if (model.key.includes(column.name) && !logged.isKey && described.identity !== 'n')
      throw unusableKey(model, column.name);
    const wire = types.wire(logged.type, column, model.address);
    return { column, from, wire, source: types.unfit(logged.type, logged.modifier, column.type) };
  });
  return {
    layout: {
      from: Int32Array.from(columns, (c) => c.from),
      element: Uint32Array.from(columns, (c) => c.wire.element ?? 0),
      isKey: columns.map((c) => model.key.includes(c.column.name)),
    },
    shape: {
      transport: 'binary',
      columns: columns.map((c) => ({
        name: c.column.name,
        wire: c.wire.type,
        type: c.column.type,
        ...(c.source === null ? {} : { source: c.source }),
      })),
    },
  };
}

function missingColumn(model: SourceTable, column: string, from: string): EngineError {
  return new EngineError(
    'missing',
    `Dataset '${model.address}' reads column '${column}' from '${from}', which table '${model.schema}.${model.table}' no longer has. ` +
      'Nothing is lost: what changes waits. Take the column out of the model and apply it, or bring it back at the source; ' +
      'after either the stream goes on by itself.',
    { code: unfitCode },
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
