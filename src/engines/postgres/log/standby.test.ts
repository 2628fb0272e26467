import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../../../base/must.ts';
import type { OpenLog } from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import { sql, words } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import { preflight } from '../preflight/preflight.ts';
import { type OwnServer, ownServer } from '../testing/own.ts';
import { standbyOf } from '../testing/standby.ts';
import { postgresLog } from './log.ts';
import { collector } from './testing/collect.ts';
import { caughtUp, int, logged, table } from './testing/source.ts';

const log = postgresLog(connect);
const tables = [table('a', { id: int })];
const database = 'shop';

let primary: OwnServer;
let standby: OwnServer;
beforeAll(async () => {
  primary = await ownServer();
  await run(primary, 'postgres', `create database ${database}`);
  await run(primary, database, 'create table public.a (id int primary key)');
  standby = await standbyOf(primary);
});
afterAll(async () => {
  await standby?.[Symbol.asyncDispose]();
  await primary?.[Symbol.asyncDispose]();
});

async function within<T>(server: OwnServer, of: string, work: (c: Connection) => Promise<T>): Promise<T> {
  await using c = await connect(server.reached().access(of), 'test');
  return await work(c);
}

const run = (server: OwnServer, of: string, statement: string) =>
  within(server, of, (c) => c.execute(words(statement)));

async function opened(server: OwnServer, name: string, mark: string | null): Promise<OpenLog> {
  const opening = await log.open(server.reached().access(database), name, logged(tables, mark), tmpdir());
  if (opening.kind === 'open') return opening.log;
  throw new Error(`lost: ${opening.loss.message}`);
}

/** Ids that a reader finds from where it stands to the log's end; they are acknowledged. */
async function readOn(from: OpenLog): Promise<readonly unknown[]> {
  const sink = collector();
  const stop = new AbortController();
  const done = from.read(sink, stop.signal);
  await caughtUp({ log: from, sink, done, [Symbol.asyncDispose]: async () => undefined });
  from.acknowledge(sink.positions.idle > sink.positions.committed ? sink.positions.idle : sink.positions.committed);
  // Sent at once; the server has it when it has answered the next.
  await new Promise((resolve) => setTimeout(resolve, 500));
  stop.abort();
  await done;
  return sink.seen.flatMap((s) => (s.kind === 'row' ? [s.values.id] : []));
}

/** The primary's word that lets a slot of a standby begin, again and again until it has. */
async function withWord<T>(work: Promise<T>): Promise<T> {
  let isOver = false;
  const speaking = (async () => {
    while (!isOver) {
      await run(primary, database, 'select pg_log_standby_snapshot()');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  try {
    return await work;
  } finally {
    isOver = true;
    await speaking;
  }
}

test('a standby is a source: what must be made at its primary is said exactly, and then it is read', async () => {
  const ask = () => within(standby, database, (c) => preflight(c, 'cdc', tables, 'freehold_standby'));
  const before = await ask();
  expect(before.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual([
    'source-standby warning',
    'source-standby error',
  ]);
  await expect(opened(standby, 'freehold_standby', null)).rejects.toThrow('On the primary, as the tables');
  for (const [statement] of must(before[1], 'finding').help.matchAll(/create publication [^;]+;/g)) {
    await run(primary, database, statement);
  }
  await run(standby, 'postgres', 'alter system set hot_standby_feedback = on');
  await run(standby, 'postgres', 'select pg_reload_conf()');
  while ((await ask()).length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  await run(primary, database, 'insert into public.a values (1)');
  await using reader = await withWord(opened(standby, 'freehold_standby', null));
  {
    await using view = await reader.snapshot();
    await using inside = await view.connect();
    expect(await inside.query(sql`select id from public.a`)).toEqual([{ id: 1 }]);
  }
  await run(primary, database, 'insert into public.a values (2)');
  const sink = collector();
  const stop = new AbortController();
  const done = reader.read(sink, stop.signal);
  await sink.until(() => sink.seen.some((s) => s.kind === 'commit'));
  stop.abort();
  await done;
  expect(sink.seen.flatMap((s) => (s.kind === 'row' ? [s.values.id] : []))).toEqual([2]);
});

test('when a standby takes over that has our slot, the log goes on there: nothing is lost or doubled', async () => {
  const name = 'freehold_failover';
  const first = await opened(primary, name, null);
  expect(
    await within(primary, database, (c) =>
      c.query(words(`select failover, two_phase from pg_replication_slots where slot_name = '${name}'`)),
    ),
  ).toEqual([{ failover: true, two_phase: false }]);
  const { marks } = await first.look();
  await run(primary, database, 'insert into public.a values (10)');
  expect(await readOn(first)).toEqual([10]);
  // The slot must have moved since the standby could have kept what it needs.
  for (let id = 11; ; id++) {
    await run(primary, database, `insert into public.a values (${id})`);
    await run(primary, database, 'select pg_log_standby_snapshot()');
    expect(await readOn(first)).toEqual([id]);
    await run(standby, 'postgres', 'select pg_sync_replication_slots()').catch(() => undefined);
    const kept = await within(standby, 'postgres', (c) =>
      c.query(words(`select 1 from pg_replication_slots where slot_name = '${name}' and synced and not temporary`)),
    );
    if (kept.length > 0) break;
  }
  const held = { identity: first.identity, position: await first.end() };
  await run(primary, database, 'insert into public.a values (100)');
  await first[Symbol.asyncDispose]();
  await primary.stop();
  await run(standby, 'postgres', 'select pg_promote()');
  await run(standby, database, 'insert into public.a values (101)');
  await using second = await opened(standby, name, must(marks[0], 'mark'));
  expect(second.isNew).toBe(false);
  expect(await second.past(held)).toBe(null);
  expect((await second.look()).losses.size).toBe(0);
  const ids = await readOn(second);
  expect(ids.filter((id) => Number(id) >= 100)).toEqual([100, 101]);
});
