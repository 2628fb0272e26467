import { randomBytes } from 'node:crypto';
import { must } from '../../../base/must.ts';
import type {
  CaptureName,
  ChangeSink,
  ExportedSnapshot,
  OpenLog,
  Position,
  SourceTable,
} from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { literal, sql, value } from '../../../sql/sql.ts';
import { positionBefore, positionOfLsn } from './position.ts';
import { dropPublications, ensurePublications } from './publication.ts';
import { readLog } from './read.ts';
import { createSlot, dropSlot, findSlot } from './slot.ts';
import { openWalsender } from './walsender.ts';
import { wireTypes } from './wire.ts';

export type Connect = (access: Access, purpose: string) => Promise<Connection>;

/** Opens the log for one process alone; see ChangeLog.open. */
export async function openLog(
  connect: Connect,
  access: Access,
  capture: CaptureName,
  tables: readonly SourceTable[],
  isLoaded: readonly boolean[],
): Promise<OpenLog> {
  const source = await connect(access, `freehold log ${capture}`);
  try {
    await checkServer(source, capture, access.label);
    await lock(source, capture, access.label);
    await ensurePublications(source, capture, tables, isLoaded);
    const acknowledged = await findSlot(source, capture, access.label);
    if (acknowledged === null && isLoaded.includes(true)) throw slotGone(capture, access.label);
    const session = await openWalsender(access, `freehold log ${capture}`);
    try {
      const [identified] = await session.command('IDENTIFY_SYSTEM');
      const identity = `${must(identified?.systemid, 'systemid')}/${must(identified?.timeline, 'timeline')}`;
      const created = acknowledged === null ? await createSlot(session, capture, 'lasting') : null;
      const log = { connect, access, capture, tables, source, identity, isNew: created !== null };
      if (created !== null) return opened(log, created.position, exported(connect, access, created, session));
      await session[Symbol.asyncDispose]();
      return opened(log, must(acknowledged, 'position'), null);
    } catch (failure) {
      await session[Symbol.asyncDispose]();
      throw failure;
    }
  } catch (failure) {
    await source[Symbol.asyncDispose]();
    throw failure;
  }
}

type Log = {
  readonly connect: Connect;
  readonly access: Access;
  readonly capture: CaptureName;
  readonly tables: readonly SourceTable[];
  /** Holds the capture's lock, answers for the catalogue, writes heartbeats. */
  readonly source: Connection;
  readonly identity: string;
  readonly isNew: boolean;
};

function opened(log: Log, acknowledged: Position, own: ExportedSnapshot | null): OpenLog {
  const { connect, access, capture, tables, source } = log;
  let first = own;
  let done = acknowledged;
  const types = wireTypes(source);
  const listeners = new Set<() => void>();
  return {
    identity: log.identity,
    isNew: log.isNew,
    acknowledged,
    async end() {
      const [row] = await source.query(sql`
        select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end::text as lsn`);
      await heartbeat(source);
      return positionBefore(positionOfLsn(String(row?.lsn)));
    },
    async snapshot() {
      const slots = first;
      first = null;
      if (slots !== null) return slots;
      const session = await openWalsender(access, `freehold snapshot ${capture}`);
      try {
        const name = `${capture.slice(0, 40)}_${process.pid}_${randomBytes(4).toString('hex')}`;
        return exported(connect, access, await createSlot(session, name, 'temporary'), session);
      } catch (failure) {
        await session[Symbol.asyncDispose]();
        throw failure;
      }
    },
    read: (sink: ChangeSink, signal: AbortSignal) =>
      readLog({
        access,
        capture,
        tables,
        types,
        sink,
        signal,
        acknowledged: () => done,
        onAcknowledge(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        heartbeat: () => heartbeat(source),
      }),
    acknowledge(position) {
      if (position <= done) return;
      done = position;
      for (const listener of listeners) listener();
    },
    async [Symbol.asyncDispose]() {
      await first?.[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
}

/** Removes slot, then publications, where they are: a publication that a slot still reads must stay. */
export async function dropLog(connect: Connect, access: Access, capture: CaptureName): Promise<void> {
  await using source = await connect(access, `freehold drop ${capture}`);
  await lock(source, capture, access.label);
  await dropSlot(source, capture);
  await dropPublications(source, capture);
}

/** A transactional message, so that a source where nothing happens does not hold back its log. A standby cannot write one. */
async function heartbeat(source: Connection): Promise<void> {
  await source.query(sql`
    select case when pg_is_in_recovery() then null else pg_logical_emit_message(true, 'freehold', '') end::text as lsn`);
}

/** One reader of a capture: a second process is told, rather than each cutting the other off. Held until the session ends. */
async function lock(source: Connection, capture: CaptureName, label: string): Promise<void> {
  // A process that was killed is gone from the server within moments.
  for (let attempt = 0; attempt < 25; attempt++) {
    const [row] = await source.query(
      sql`select pg_try_advisory_lock(hashtextextended(${value(`freehold log ${capture}`)}, 0)) as held`,
    );
    if (row?.held === true) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new EngineError(
    'conflict',
    `Another process reads capture '${capture}' of ${label}. Stop it, or let it do the work.`,
  );
}

async function checkServer(source: Connection, capture: CaptureName, label: string): Promise<void> {
  if (!/^[a-z0-9_]{1,63}$/.test(capture))
    throw new EngineError(
      'statement',
      `'${capture}' cannot name a replication slot: lower-case letters, digits and _ only.`,
    );
  const [row] = await source.query(sql`
    select current_setting('server_version_num')::int4 as version, current_setting('wal_level') as wal_level`);
  if (Number(row?.version) < 140000)
    throw new EngineError(
      'statement',
      `${label} is PostgreSQL before 14, whose log has no binary form. Read it with snapshot().`,
    );
  if (row?.wal_level !== 'logical')
    throw new EngineError(
      'statement',
      `${label} has wal_level '${String(row?.wal_level)}', so its log has no rows. Set wal_level = logical and restart it, or read it with snapshot().`,
    );
}

function exported(
  connect: Connect,
  access: Access,
  created: { readonly position: Position; readonly snapshot: string },
  session: AsyncDisposable,
): ExportedSnapshot {
  return {
    position: created.position,
    async connect() {
      const connection = await connect(access, 'freehold snapshot');
      try {
        await connection.execute(sql`begin isolation level repeatable read read only`);
        await connection.execute(sql`set transaction snapshot ${literal(created.snapshot)}`);
        return connection;
      } catch (failure) {
        await connection[Symbol.asyncDispose]();
        throw failure;
      }
    },
    [Symbol.asyncDispose]: async () => session[Symbol.asyncDispose](),
  };
}

function slotGone(capture: CaptureName, label: string): EngineError {
  return new EngineError(
    'missing',
    `Replication slot '${capture}' is gone from ${label}, and with it the changes since it was last read. Going on would lose them unseen: ` +
      'load its streams anew.',
  );
}
