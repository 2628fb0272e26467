import { must } from '../../../base/must.ts';
import type { ChangeSink, LoggedTable, Loss, Position, SourceTable, StagedRows } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';
import { recreated } from './loss.ts';
import { oidOf } from './mark.ts';
import { readPosition } from './position.ts';
import { layoutOf, type RelationMessage, readRelation } from './relation.ts';
import { hasSameKey, type Layout, scanTuple, writeDelete, writeUpsert } from './tuple.ts';
import type { WireTypes } from './wire.ts';

/**
 * Messages of pgoutput, protocol version 1, into a sink. Whole transactions arrive in commit order, aborted ones and
 * rolled-back savepoints never. https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 */
export type Decoder = {
  /** Whole transactions, also those that were put aside: between `begin` and `commit` their messages. */
  begin(position: Position, atMs: number, size: 'large' | 'ordinary'): void;
  commit(): void;
  /** Nothing of ours lies before this position. */
  idle(position: Position): void;
  /** The last position that the sink was told of; and that of the last commit with a change for it, else where reading began. */
  reached(): Position;
  committed(): Position;
  /** Takes one message; a promise where the source's catalogue must be asked before the next. */
  message(bytes: Buffer, from: number, to: number): Promise<void> | null;
  /** Is a transaction's commit still to come? */
  isInside(): boolean;
};

/** A table of the log as it is from the last relation message on. */
type Relation = {
  readonly kind: 'followed';
  readonly table: number;
  readonly layout: Layout;
  readonly before: Int32Array;
  readonly after: Int32Array;
};

/** Its first change will stop the table: a description alone may be of what was rolled back. */
type Unreadable = { readonly kind: 'unreadable'; readonly table: number; readonly why: Loss | EngineError };

const letter = { begin: 0x42, commit: 0x43, relation: 0x52, insert: 0x49, update: 0x55, delete: 0x44, truncate: 0x54 };
const newTuple = 0x4e;
/** Milliseconds from 1970 to 2000, where the server's clock starts. */
const epochMs = 946_684_800_000;

/** Eight bytes of microseconds in the server's clock, as ms since 1970. */
export function atMsOf(bytes: Buffer, at: number): number {
  const micros = bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
  return Math.floor(micros / 1000) + epochMs;
}

export function decoder(tables: readonly LoggedTable[], types: WireTypes, sink: ChangeSink, from: Position): Decoder {
  const indexOf = new Map(tables.map((table, i) => [`${table.schema}\u0000${table.table}`, i]));
  /** null: not one of ours. */
  const relations = new Map<number, Relation | Unreadable | null>();
  const shapes = new Map<number, string>();
  const stopped = new Set<number>();
  /** By table: the object id that its rows are from. */
  const oids = tables.map(({ mark }) => oidOf(mark));
  let begun: { position: Position; atMs: number; size: 'large' | 'ordinary'; isTold: boolean } | null = null;
  let reached = from;
  let committed = from;

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
      case letter.begin:
        begin(readPosition(bytes, from + 1), atMsOf(bytes, from + 9), 'ordinary');
        return null;
      case letter.commit:
        commit();
        return null;
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

  function begin(position: Position, atMs: number, size: 'large' | 'ordinary'): void {
    begun = { position, atMs, size, isTold: false };
  }

  function commit(): void {
    const { position, isTold } = must(begun, 'begin');
    begun = null;
    reached = position;
    if (isTold) {
      committed = position;
      sink.commit(position);
    } else sink.idle(position);
  }

  function idle(position: Position): void {
    if (position > reached) reached = position;
    sink.idle(position);
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
    sink.begin(transaction.position, transaction.atMs, transaction.size);
  }

  function relationAt(bytes: Buffer, at: number): Relation | null {
    const found = relations.get(bytes.readUInt32BE(at)) ?? null;
    if (found === null || found.kind === 'followed') return found;
    tell();
    if (!sink.stop(found.table, found.why)) return null;
    stopped.add(found.table);
    for (const [oid, relation] of relations) if (relation?.table === found.table) relations.set(oid, null);
    return null;
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
    writeDelete(rows, bytes, found.layout, found.before, middle - at, true);
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
    writeDelete(rows, bytes, found.layout, found.before, end - at, false);
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
    relations.set(described.oid, null);
    const named = indexOf.get(`${described.schema}\u0000${described.table}`);
    const table = named ?? oids.indexOf(described.oid);
    if (table < 0 || stopped.has(table)) return null;
    const model = must(tables[table], 'table');
    const own = oids[table] ?? described.oid;
    if (named === undefined || own !== described.oid) return ofOtherTimes(described, table, model, own);
    oids[table] = own;
    return learn(described, table, model);
  }

  /**
   * Name and object id are not those of one table of ours. Where the name stands for our table now, this is log from before
   * the table had it, or of another table that had it then. Else ours was renamed, dropped or made anew since.
   */
  async function ofOtherTimes(
    described: RelationMessage,
    table: number,
    model: SourceTable,
    own: number,
  ): Promise<void> {
    const isOursNow = (await types.oidOf(model)) === own;
    if (!isOursNow) {
      const name = `'${described.schema}.${described.table}'`;
      const what =
        own === described.oid ? `that table is ${name} from here on` : 'another table has this name from here on';
      relations.set(described.oid, { kind: 'unreadable', table, why: recreated(model, what) });
    } else if (own === described.oid) await learn(described, table, model);
  }

  function learn(described: RelationMessage, table: number, model: SourceTable): Promise<void> | null {
    const wanted = new Set(model.columns.map((column) => column.from));
    const unknown = described.columns.filter((c) => wanted.has(c.name) && !types.has(c.type)).map((c) => c.type);
    if (unknown.length > 0) return types.learn(unknown).then(() => adopt(described, table, model));
    adopt(described, table, model);
    return null;
  }

  function adopt(described: RelationMessage, table: number, model: SourceTable): void {
    try {
      follow(described, table, model);
    } catch (failure) {
      if (!(failure instanceof EngineError)) throw failure;
      relations.set(described.oid, { kind: 'unreadable', table, why: failure });
    }
  }

  function follow(described: RelationMessage, table: number, model: SourceTable): void {
    const { layout, shape } = layoutOf(described, model, types);
    const size = described.columns.length;
    relations.set(described.oid, {
      kind: 'followed',
      table,
      layout,
      before: new Int32Array(size),
      after: new Int32Array(size),
    });
    const text = JSON.stringify(shape.columns);
    if (shapes.get(table) === text) return;
    shapes.set(table, text);
    sink.shape(table, shape);
  }

  return {
    message,
    begin,
    commit,
    idle,
    reached: () => reached,
    committed: () => committed,
    isInside: () => begun !== null,
  };
}
