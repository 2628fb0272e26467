import { createHash } from 'node:crypto';
import type { CaptureName, OpenLog, Position, SourceTable } from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { sql, value } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import { isMariadb } from '../product.ts';
import { openedAt } from './dump.ts';
import { logEnd, logFiles } from './files.ts';
import { fileNumber, placeOf, positionAt } from './position.ts';
import { readLog } from './read.ts';
import { snapshotOf } from './snapshot.ts';

/** Opens the log for one process alone; see ChangeLog.open. Nothing is made at the server. */
export async function openLog(
  access: Access,
  capture: CaptureName,
  tables: readonly SourceTable[],
  isLoaded: readonly boolean[],
): Promise<OpenLog> {
  const source = await connect(access, `freehold log ${capture}`);
  try {
    await lock(source, capture, access.label);
    const identity = await identityOf(source);
    const files = openedFiles(access, capture);
    const first = await endOf(source, access.label, files);
    return opened({ access, capture, tables, source, identity, files }, first, !isLoaded.includes(true));
  } catch (failure) {
    await source[Symbol.asyncDispose]();
    throw failure;
  }
}

type Log = {
  readonly access: Access;
  readonly capture: CaptureName;
  readonly tables: readonly SourceTable[];
  /** Holds the capture's lock, and answers what must be asked. */
  readonly source: Connection;
  readonly identity: string;
  readonly files: OpenedFiles;
};

function opened(log: Log, first: Position, isNew: boolean): OpenLog {
  const { access, capture, tables, source, identity, files } = log;
  /** Where reading begins: the server remembers nothing of us. */
  let from: Position | null = null;
  return {
    identity,
    isNew,
    // Nothing was ever forgotten for our sake.
    acknowledged: '',
    end: () => endOf(source, access.label, files),
    refuses: (position) => refusalOf(log, position),
    snapshot: () =>
      snapshotOf(access, tables, async ({ file, offset }) =>
        positionAt({ file: fileNumber(file), offset, opened: await files(file), gtid: '' }),
      ),
    read: (sink, signal) => readLog({ access, capture, tables, source, from: from ?? first, sink, signal }),
    acknowledge(position) {
      if (from === null || position > from) from = position;
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

async function endOf(source: Connection, label: string, files: OpenedFiles): Promise<Position> {
  const { file, offset } = await logEnd(source, label);
  return positionAt({ file: fileNumber(file), offset, opened: await files(file), gtid: '' });
}

/** When each file was opened, asked once of each. */
type OpenedFiles = (file: string) => Promise<number>;

function openedFiles(access: Access, capture: CaptureName): OpenedFiles {
  const known = new Map<string, Promise<number>>();
  return (file) => {
    const asked = known.get(file) ?? openedAt(access, file, capture);
    known.set(file, asked);
    asked.catch(() => known.delete(file));
    return asked;
  };
}

/** Why the log cannot be gone on from a position; null where it can. */
async function refusalOf({ source, files }: Log, position: Position): Promise<string | null> {
  const place = placeOf(position);
  const present = await logFiles(source);
  const [oldest] = present;
  const newest = present.at(-1);
  const file = present.find(({ number }) => number === place.file);
  if (oldest === undefined || newest === undefined) return 'its log has no files.';
  if (file === undefined && place.file < oldest.number)
    return `its store is at file ${place.file} of the log, and the oldest that is left is ${oldest.name}: the server has deleted what was not read yet (binlog_expire_logs_seconds, or purge binary logs).`;
  if (file === undefined)
    return `its store is at file ${place.file} of the log, and the newest is ${newest.name}: the log was reset, or the server restored from a copy.`;
  if (
    file.number === newest.number
      ? place.offset > (await logEnd(source, 'the server')).offset
      : place.offset > file.bytes
  )
    return `its store is at byte ${place.offset} of ${file.name}, which ends before: the server was restored from a copy.`;
  const isSame = place.opened === null || (await files(file.name)) === place.opened;
  return isSame
    ? null
    : `its store has read another ${file.name} than the one that is there: the log was reset (reset master), or the server restored from a copy.`;
}

/** MySQL has an identifier of its own; of MariaDB's, servers of one group differ by their number. */
async function identityOf(source: Connection): Promise<string> {
  const isOfMariadb = await isMariadb(source);
  const [row] = await source.query(
    isOfMariadb ? sql`select @@global.server_id as id` : sql`select @@global.server_uuid as id`,
  );
  return `${isOfMariadb ? 'mariadb' : 'mysql'}/${String(row?.id)}`;
}

/** One reader of a capture: a second process is told, rather than each cutting the other off. Held until the session ends. */
async function lock(source: Connection, capture: CaptureName, label: string): Promise<void> {
  // Names of locks are of the whole server and have at most 64 characters. A process that was killed is gone within moments.
  const named = `freehold ${createHash('sha256').update(capture).digest('hex').slice(0, 40)}`;
  const [row] = await source.query(sql`select get_lock(${value(named)}, 5) as held`);
  if (Number(row?.held) === 1) return;
  throw new EngineError(
    'conflict',
    `Another process reads capture '${capture}' of ${label}. Stop it, or let it do the work.`,
  );
}
