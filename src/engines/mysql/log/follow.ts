import { must } from '../../../base/must.ts';
import type { ChangeSink, Loss, Position, SourceTable } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { Charsets } from './charsets.ts';
import { rowsDecoder } from './decode.ts';
import { type Event, eventType } from './event.ts';
import { gtidsFrom } from './gtid.ts';
import type { CatalogueColumn } from './layout.ts';
import { byStatement, partitions, recreated, undone } from './loss.ts';
import { type Place, positionAt } from './position.ts';
import { isGtid, type Prepared, xidOf } from './prepared.ts';
import { isTransaction, readQuery } from './query.ts';
import type { Named, Statement } from './statement.ts';
import { walkFrom } from './walk.ts';

/**
 * Events of the log into a sink: whole transactions in commit order. A *group* is what the server writes at a commit: an
 * event with its id, then rows and an end, or one statement.
 */
export type Follower = {
  /** Takes the next event; a promise where something must be asked before the one after it. */
  take(event: Event): Promise<void> | null;
};

export type Following = {
  readonly start: Place;
  readonly label: string;
  readonly tables: readonly SourceTable[];
  readonly charsets: Charsets;
  readonly prepared: Prepared;
  /** The server's lower_case_table_names: 0 where upper and lower case differ. */
  readonly isCaseBlind: boolean;
  /** The columns of a table as of a place; asked where the log has no names. */
  readonly describe: (table: number, at: Pick<Place, 'file' | 'offset'>) => Promise<readonly CatalogueColumn[]>;
  readonly sink: ChangeSink;
  /** Told when a table is given no more. */
  readonly onStop: (table: number, why: Loss | EngineError) => void;
};

type Group = {
  readonly start: number;
  readonly atMs: number;
  /** Of a prepared transaction: its rows are read when it is committed. */
  xid: string | null;
  /** Has it a begin, so that statements do not end it? */
  isOpen: boolean;
  isTold: boolean;
  /** Tables of ours that it changed. */
  readonly changed: Set<number>;
};

export function follower(following: Following): Follower {
  const { tables, sink, label, prepared } = following;
  const spelled = (of: string) => (following.isCaseBlind ? of.toLowerCase() : of);
  const nameOf = (schema: string, table: string) => `${spelled(schema)}\u0000${spelled(table)}`;
  const indexes = new Map(tables.map((table, i) => [nameOf(table.schema, table.table), i]));
  const indexOf = (schema: string, table: string) => indexes.get(nameOf(schema, table));
  const walk = walkFrom(following.start, label);
  const gtids = gtidsFrom(following.start.gtid);
  let group: Group | null = null;

  const decoder = rowsDecoder({
    tables,
    indexOf,
    charsets: following.charsets,
    describe: (table) => following.describe(table, { file: walk.file, offset: group?.start ?? walk.offset }),
    sink,
    onChange(table) {
      tell();
      group?.changed.add(table);
    },
    onStop: following.onStop,
  });

  function here(): Position {
    const opened = walk.opened ?? following.start.opened;
    return positionAt({ file: walk.file, offset: walk.offset, opened, gtid: gtids.text() });
  }

  /** A transaction is told of with its first change, so that one without any of ours costs nothing. */
  function tell(): void {
    const own = must(group, 'group');
    if (own.isTold) return;
    own.isTold = true;
    sink.begin(positionAt({ file: walk.file, offset: own.start + 1, opened: null, gtid: '' }), own.atMs, 'ordinary');
  }

  function enter(event: Event): Group {
    group ??= {
      ...{ start: walk.offset - event.size, atMs: commitMs(event), xid: null },
      ...{ isOpen: false, isTold: false, changed: new Set() },
    };
    return group;
  }

  function leave(): void {
    const position = here();
    if (group?.isTold === true) sink.commit(position);
    else sink.idle(position);
    group = null;
  }

  function take(event: Event): Promise<void> | null {
    const isLogged = walk.take(event);
    switch (event.type) {
      case eventType.formatDescription:
        decoder.forget();
        // Where nothing is written, this is the only news of where we are.
        if (group === null) sink.idle(here());
        return null;
      case eventType.heartbeat:
      case eventType.heartbeat2:
        if (group === null) sink.idle(here());
        return null;
      case eventType.query:
      case eventType.mariadbQueryCompressed:
        return statement(event, readQuery(event));
      case eventType.xid:
        leave();
        return null;
      case eventType.xaPrepare:
        return prepare(event);
      case eventType.transactionPayload:
        throw new EngineError(
          'statement',
          `A transaction in the log of ${label} is compressed with zstd, which is not read here. As an administrator:  set global binlog_transaction_compression = OFF;  (sessions that are open keep their own) and load the stream anew.`,
        );
      case eventType.previousGtids:
      case eventType.mariadbGtidList:
        gtids.take(event);
        return null;
      default:
        if (isGtid(event)) {
          if (group !== null) throw new Error('bug: a transaction of the log has no end');
          gtids.take(event);
          const own = enter(event);
          own.xid = xidOf(event);
          own.isOpen = isTransaction(event);
          return null;
        }
        if (group?.xid != null) return null;
        if (group === null && isLogged) sink.idle(here());
        return decoder.take(event);
    }
  }

  /** The end of what was prepared; in one phase it is committed at once. */
  function prepare(event: Event): Promise<void> | null {
    const own = must(group, 'group');
    const xid = must(own.xid, 'id of a prepared transaction');
    prepared.note(xid, walk.file, own.start);
    if (event.bytes[event.body] === 1) return commitPrepared(xid);
    leave();
    return null;
  }

  async function commitPrepared(xid: string): Promise<void> {
    must(group, 'group').xid = null;
    // The same numbers of tables may be others' there.
    decoder.forget();
    await prepared.replay(xid, { file: walk.file, offset: walk.offset }, async (event) => {
      await decoder.take(event);
      await sink.pressure();
    });
    decoder.forget();
    leave();
  }

  function statement(event: Event, of: Statement): Promise<void> | null {
    const own = enter(event);
    switch (of.kind) {
      case 'begin':
        own.isOpen = true;
        return null;
      case 'commit':
        leave();
        return null;
      case 'rollback':
      case 'undo':
        for (const table of own.changed) decoder.stop(table, undone(must(tables[table], 'table')));
        if (of.kind === 'rollback') leave();
        return null;
      case 'savepoint':
        return null;
      case 'xa':
        if (of.verb === 'commit') return commitPrepared(of.xid);
        if (of.verb === 'start') own.xid = of.xid;
        else if (of.verb === 'rollback') {
          prepared.forget(of.xid);
          leave();
        }
        return null;
      case 'truncate':
        for (const table of ours(of.tables)) {
          if (must(tables[table], 'table').key.length === 0) continue;
          decoder.tell(table);
          tell();
          sink.truncate(table);
        }
        break;
      case 'alter':
        decoder.forget();
        if (of.takesRows) stopAll(ours(of.tables), partitions);
        break;
      case 'replace':
        decoder.forget();
        stopAll(ours(of.tables), recreated);
        break;
      case 'drop schema':
        decoder.forget();
        stopAll(
          tables.flatMap((table, i) => (spelled(table.schema) === spelled(of.schema) ? [i] : [])),
          recreated,
        );
        break;
      case 'write':
        stopAll(ours(of.tables), byStatement);
        break;
      default:
    }
    if (!own.isOpen) leave();
    return null;
  }

  function stopAll(of: readonly number[], loss: (table: SourceTable) => Loss): void {
    for (const table of of) decoder.stop(table, loss(must(tables[table], 'table')));
  }

  function ours(of: readonly Named[]): readonly number[] {
    return of.flatMap(({ schema, table }) => indexOf(schema, table) ?? []);
  }

  return { take };
}

/** MySQL says when a transaction was committed to the microsecond; MariaDB to the second. */
function commitMs({ type, bytes, body, end, seconds }: Event): number {
  const at = body + 42;
  if (type !== eventType.gtid && type !== eventType.anonymousGtid) return seconds * 1000;
  if (at + 7 > end) return seconds * 1000;
  const low = bytes.readUInt32LE(at);
  const high = bytes.readUIntLE(at + 4, 3) & 0x7fffff;
  return Math.floor((high * 2 ** 32 + low) / 1000);
}
