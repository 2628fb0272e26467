import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import { lentSessions } from '../../flow/sessions.ts';
import { ensureTables } from '../../flow/tables.ts';
import { dataset, freshStore, run } from '../../flow/testing/fixture.ts';
import { streamNode } from '../../flow/testing/nodes.ts';
import type { Container } from '../../model/model.ts';
import { sql } from '../../sql/sql.ts';
import { makeBells } from '../bells.ts';
import { containersOf } from '../containers.ts';
import type { LoopEvent } from '../events.ts';
import { readingWork } from './reading.ts';

const open: AsyncDisposable[] = [];
afterAll(async () => {
  for (const one of open.reverse()) await one[Symbol.asyncDispose]();
});

const items = dataset('items', ['id'], { id: 'int32', name: 'text?', at: 'timestamptz' });
const byTime = { ...items, watermark: { column: 'at', late: { ms: 600_000 } } };

async function arrange() {
  const [source, store] = [await freshStore('source'), await freshStore('store')];
  open.push(source, store);
  await run(
    source,
    `create table public.items (id integer primary key, name text, at timestamptz not null default now());
     insert into public.items (id, name) values (1, 'a'), (2, 'b')`,
  );
  await ensureTables(store, [items]);
  const server = await testServer();
  const [{ database: from }, { database: into }] = [await nameOf(source), await nameOf(store)];
  const container = (database: string): Container => {
    const { host, port, user } = server.access(database).fields;
    return {
      engine: 'postgres',
      fields: { host: host ?? '', port: port ?? 0, user: user ?? '', database, password: { secret: 'p' } },
    };
  };
  const password = String(server.access(from).fields.password);
  const containers = containersOf(
    { 'connection:shop': container(from), 'store:main': container(into) },
    { root: '/', secrets: () => Promise.resolve(password) },
  );
  const opened: string[] = [];
  const sessions = lentSessions({
    connect(id) {
      opened.push(id);
      return containers.connect(id, 'test');
    },
    most: 3,
    idleMs: 60_000,
  });
  open.push(containers, sessions);
  const events: LoopEvent[] = [];
  const context = {
    containers,
    sessions,
    clock: systemClock,
    signal: new AbortController().signal,
    once: true,
    on: (event: LoopEvent) => void events.push(event),
    bells: makeBells(systemClock),
    asOf: new Map<string, number>(),
  };
  return { source, store, opened, events, context };
}

async function nameOf(c: Awaited<ReturnType<typeof freshStore>>): Promise<{ readonly database: string }> {
  const [row] = await c.query(sql`select current_database()::text as name`);
  return { database: String(row?.name) };
}

const snapshot = streamNode([items], { mode: 'snapshot', intervalMs: 60_000 });

test.each([
  ['snapshot', snapshot],
  ['watermark', { ...snapshot, mode: 'watermark', datasets: [byTime] }],
] as const)(
  'a source that is no longer what the model says holds a stream of %s with what it says itself',
  async (_, node) => {
    const { source, events, context } = await arrange();
    await readingWork(node, context);
    expect(events).toMatchObject([{ kind: 'moved', rows: 2, ordinal: 1n }]);
    await run(
      source,
      'alter table public.items rename column name to title; alter table public.items alter id type bigint',
    );
    await readingWork(node, context);
    await run(source, 'alter table public.items rename column title to name; alter table public.items rename to gone');
    await readingWork(node, context);
    const found = events
      .slice(1)
      .map((event) => event.kind === 'held' && `${event.finding.rule} ${event.finding.address}`);
    expect(found).toEqual([
      'source-type-changed retail/sales/shop.items#id',
      'source-column-missing retail/sales/shop.items#name',
      'source-table-missing retail/sales/shop.items',
    ]);
    await run(source, 'alter table public.gone rename to items; alter table public.items alter id type integer');
    await readingWork(node, context);
    expect(events.at(-1)).toMatchObject({ kind: 'moved', rows: 0, ordinal: 1n });
  },
);

test('versions are written on for a while after nobody asks for them any more', async () => {
  const { source, store, context } = await arrange();
  await readingWork(snapshot, context);
  const live = { ...items, layout: 'live' as const };
  await run(source, "update public.items set name = 'z' where id = 1");
  await readingWork({ ...snapshot, datasets: [live] }, context);
  const closed = sql`select id, name, fh_from::text as since, fh_to::text as until from retail__sales__shop.items__history`;
  expect(await store.query(closed)).toEqual([{ id: 1, name: 'a', since: '1', until: '2' }]);
});

test('a resident stream in which nothing changes asks the source for one row, and the store for nothing', async () => {
  const { source, store, events, context } = await arrange();
  const stop = new AbortController();
  const reads = () => events.filter(({ kind }) => kind === 'moved').length;
  const resident = readingWork({ ...snapshot, intervalMs: 20 }, { ...context, once: false, signal: stop.signal });
  const until = async (n: number) => {
    while (reads() < n) await systemClock.sleep(20);
  };
  await until(6);
  // Were the store asked, these reads would fail: its table is away.
  await run(store, 'alter table retail__sales__shop.items rename to away');
  await until(reads() + 5);
  await run(store, 'alter table retail__sales__shop.away rename to items');
  await run(source, "update public.items set name = 'c' where id = 2");
  while (!events.some((event) => event.kind === 'moved' && event.ordinal === 2n)) await systemClock.sleep(20);
  stop.abort();
  await resident;
  expect(events.filter(({ kind }) => kind !== 'moved')).toEqual([]);
});

test('a store that was put back is found out though the source has not changed, and what it lost is read again', async () => {
  const { source, store, events, context } = await arrange();
  const stop = new AbortController();
  const resident = readingWork({ ...snapshot, intervalMs: 20 }, { ...context, once: false, signal: stop.signal });
  const isAt = async (ordinal: bigint, times: number) => {
    const from = events.length;
    const seen = () => events.slice(from).filter((event) => event.kind === 'moved' && event.ordinal === ordinal).length;
    while (seen() < times) await systemClock.sleep(20);
  };
  await isAt(1n, 1);
  await run(source, "update public.items set name = 'c' where id = 2");
  // Often enough that nothing but the source is asked.
  await isAt(2n, 6);
  await run(
    store,
    `begin;
     update freehold.fh_checkpoint set ordinal = 1;
     delete from freehold.fh_clock where ordinal > 1;
     update retail__sales__shop.items set name = 'b', fh_from = 1 where id = 2;
     truncate retail__sales__shop.items__history;
     delete from retail__sales__shop.items__delta where fh_ordinal > 1;
     commit`,
  );
  const rows = () => store.query(sql`select name, fh_from::text as since from retail__sales__shop.items where id = 2`);
  while ((await rows())[0]?.name !== 'c') await systemClock.sleep(20);
  expect(await rows()).toEqual([{ name: 'c', since: '2' }]);
  stop.abort();
  await resident;
  expect(events.filter(({ kind }) => kind !== 'moved')).toEqual([]);
});
