import { createHash } from 'node:crypto';
import type {
  CaptureName,
  ChangeLog,
  LoggedTable,
  Loss,
  OpenLog,
  Position,
  SourceTable,
} from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { sql, value } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import { isMariadb } from '../product.ts';
import { openedAt } from './dump.ts';
import { logEnd, logFiles } from './files.ts';
import { beyondEnd, diverged, otherServer, purged } from './loss.ts';
import { fileNumber, placeOf, positionAt } from './position.ts';
import { readLog } from './read.ts';
import { snapshotOf } from './snapshot.ts';

/**
 * What reading found lost, by table: told with the first look after the next opening, from which on the caller has noted it.
 * Whoever is killed in between meets the same place of the log again.
 */
export type FoundLost = Map<string, Loss>;

/** Opens the log for one process alone; see ChangeLog.open. Nothing is made at the server, so nothing of it can be gone. */
export async function openLog(
  access: Access,
  capture: CaptureName,
  tables: readonly LoggedTable[],
  lost: FoundLost,
): ReturnType<ChangeLog['open']> {
  const source = await connect(access, `freehold log ${capture}`);
  try {
    await lock(source, capture, access.label);
    const identity = await identityOf(source);
    const files = openedFiles(access, capture);
    const first = await endOf(source, access.label, files);
    return { kind: 'open', log: opened({ access, capture, tables, source, identity, files, lost }, first) };
  } catch (failure) {
    await source[Symbol.asyncDispose]();
    throw failure;
  }
}

type Log = {
  readonly access: Access;
  readonly capture: CaptureName;
  readonly tables: readonly LoggedTable[];
  /** Holds the capture's lock, and answers what must be asked. */
  readonly source: Connection;
  readonly identity: string;
  readonly files: OpenedFiles;
  readonly lost: FoundLost;
};

function opened(log: Log, first: Position): OpenLog {
  const { access, capture, tables, source, identity, files, lost } = log;
  const lostKey = ({ schema, table }: SourceTable) => JSON.stringify([access.label, capture, schema, table]);
  /** Where reading begins: the server remembers nothing of us. */
  let from: Position | null = null;
  return {
    identity,
    isNew: tables.every(({ mark }) => mark === null),
    // Nothing was ever forgotten for our sake.
    acknowledged: '',
    async look() {
      const present = await presentTables(source, tables);
      const losses = tables.flatMap((table, i): [number, Loss][] => {
        const loss = lost.get(lostKey(table));
        lost.delete(lostKey(table));
        return loss === undefined || table.mark === null ? [] : [[i, loss]];
      });
      return {
        // That a name comes to stand for another table is in the log itself.
        marks: present.map((isThere) => (isThere ? identity : '')),
        losses: new Map(losses),
        findings: [],
      };
    },
    past: (held) => lossSince(log, held),
    end: () => endOf(source, access.label, files),
    snapshot: () =>
      snapshotOf(access, tables, async ({ file, offset }) =>
        positionAt({ file: fileNumber(file), offset, opened: await files(file), gtid: '' }),
      ),
    read: (sink, signal) =>
      readLog({
        ...{ access, capture, tables, source, from: from ?? first, sink, signal },
        onStop(table, why) {
          const stopped = tables[table];
          if (stopped !== undefined && !(why instanceof EngineError)) lost.set(lostKey(stopped), why);
        },
      }),
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

async function presentTables(source: Connection, tables: readonly SourceTable[]): Promise<readonly boolean[]> {
  const present: boolean[] = [];
  for (const { schema, table } of tables) {
    const [row] = await source.query(sql`select 1 as present from information_schema.tables
      where table_schema = ${value(schema)} and table_name = ${value(table)}`);
    present.push(row !== undefined);
  }
  return present;
}

/** Can rows that have everything up to a position go on from it? Null: yes. */
async function lossSince(
  { source, files, identity, access: { label } }: Log,
  held: { readonly identity: string | null; readonly position: Position },
): Promise<Loss | null> {
  if (held.identity !== identity) return otherServer(label, held.identity, identity);
  const { position } = held;
  const place = placeOf(position);
  const present = await logFiles(source);
  const [oldest] = present;
  const file = present.find(({ number }) => number === place.file);
  if (oldest !== undefined && place.file < oldest.number) return purged(label, position, oldest.name);
  const end = await logEnd(source, label);
  if (file === undefined) return beyondEnd(label, position, `byte ${end.offset} of ${end.file}`);
  const opened = await files(file.name);
  if (place.opened !== null && opened !== place.opened) return diverged(label, position, file.name, opened);
  const bytes = file.name === end.file ? end.offset : file.bytes;
  return place.offset > bytes ? beyondEnd(label, position, `byte ${bytes} of ${file.name}`) : null;
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
