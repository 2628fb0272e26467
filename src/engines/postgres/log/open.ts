import { must } from '../../../base/must.ts';
import type { CaptureName, ChangeLog, LoggedTable } from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { sql } from '../../../sql/sql.ts';
import { lockCapture } from './lock.ts';
import { otherServer, publicationGone, slotGone, slotLost } from './loss.ts';
import { isOfOther, lossOf } from './mark.ts';
import { openedLog } from './opened.ts';
import { identityOf, readPast } from './past.ts';
import { checkTables, dropPublications, hasPublications, makePublications, publicationChanges } from './publication.ts';
import type { Large } from './read.ts';
import { createSlot, dropSlot, endFormerReader, findSlot } from './slot.ts';
import { type Connect, exported } from './snapshot.ts';
import { readTablesNow } from './tables.ts';
import { openWalsender } from './walsender.ts';

/** Opens the log for one process alone; see ChangeLog.open. */
export async function openLog(
  connect: Connect,
  access: Access,
  capture: CaptureName,
  tables: readonly LoggedTable[],
  directory: string,
  large: Large,
): ReturnType<ChangeLog['open']> {
  const { label } = access;
  const closing: AsyncDisposable[] = [];
  try {
    const own = await connect(access, `freehold log ${capture}`);
    closing.push(own);
    const server = await checkServer(own, capture, label);
    const source = await lockCapture(own, capture, label);
    closing.push(source);
    await endFormerReader(source, capture);
    const session = await openWalsender(access, `freehold log ${capture}`);
    closing.push(session);
    const past = await readPast(session);
    const slot = await findSlot(source, capture, label);
    const loaded = tables.flatMap(({ mark }) => (mark === null ? [] : [mark]));
    if (loaded.length > 0 && (slot === null || slot.acknowledged === null)) {
      const other = loaded.find((mark) => isOfOther(past.system, mark));
      if (other !== undefined)
        return { kind: 'lost', loss: otherServer(label, other.split('/')[0] ?? null, identityOf(past)) };
      return { kind: 'lost', loss: slot === null ? slotGone(capture, label) : slotLost(capture, label, slot.reason) };
    }
    const isReadable = slot?.acknowledged != null && (await hasPublications(source, capture));
    if (slot !== null && !isReadable) {
      if (loaded.length > 0) return { kind: 'lost', loss: publicationGone(capture, label) };
      await dropSlot(source, capture);
    }
    const now = await readTablesNow(source, capture, tables);
    checkTables(tables, now);
    const isLost = (i: number) => lossOf(past.system, label, must(tables[i], 'table'), now[i] ?? null) !== null;
    await makePublications(source, await publicationChanges(source, capture, tables, isLost), label);
    const log = { connect, access, capture, tables, directory, source, past, large };
    const acknowledged = isReadable ? (slot?.acknowledged ?? null) : null;
    if (acknowledged !== null) {
      if (server.hasFailover && slot?.isFailover !== true)
        await session.command(`ALTER_REPLICATION_SLOT "${capture}" (FAILOVER true)`);
      const opened = openedLog(log, acknowledged, null);
      closing.splice(0, closing.indexOf(source) + 1);
      return { kind: 'open', log: opened };
    }
    const created = await createSlot(session, capture, server.hasFailover ? 'failover' : 'lasting');
    const opened = openedLog(log, created.position, exported(connect, access, created, session));
    closing.length = 0;
    return { kind: 'open', log: opened };
  } finally {
    for (const one of closing.reverse()) await one[Symbol.asyncDispose]();
  }
}

/** Removes slot, then publications, where they are: a publication that a slot still reads must stay. */
export async function dropLog(connect: Connect, access: Access, capture: CaptureName): Promise<void> {
  await using own = await connect(access, `freehold drop ${capture}`);
  await using source = await lockCapture(own, capture, access.label);
  await dropSlot(source, capture);
  await dropPublications(source, capture);
}

/** `hasFailover`: its slots can be kept on a standby too, so that one that takes over goes on with them. */
type Server = { readonly hasFailover: boolean };

async function checkServer(source: Connection, capture: CaptureName, label: string): Promise<Server> {
  if (!/^[a-z0-9_]{1,63}$/.test(capture))
    throw new EngineError(
      'statement',
      `'${capture}' cannot name a replication slot: lower-case letters, digits and _ only.`,
    );
  const [row] = await source.query(sql`
    select current_setting('server_version_num')::int4 as version, current_setting('wal_level') as wal_level,
      pg_is_in_recovery() as is_standby`);
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
  if (row?.is_standby === true && Number(row.version) < 160000)
    throw new EngineError(
      'statement',
      `${label} is a standby of a PostgreSQL before 16, whose log cannot be read. Read its primary, or read it with snapshot().`,
    );
  return { hasFailover: Number(row?.version) >= 170000 && row?.is_standby !== true };
}
