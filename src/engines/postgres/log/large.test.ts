import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer, connect as dial } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { must } from '../../../base/must.ts';
import { sql, value, words } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import { type Collector, collector } from './testing/collect.ts';
import { caughtUp, int, open, openLog, read, type Source, source, table, text } from './testing/source.ts';

const tables = [table('a', { id: int, name: text })];
const made = sql`create table a (id int primary key, name text)`;
const rows = (from: number, to: number) =>
  words(`insert into a select g, repeat(md5(g::text), 4) from generate_series(${from}, ${to}) g`);

const idsOf = (sink: Collector) => sink.seen.flatMap((s) => (s.kind === 'row' ? [Number(s.values.id)] : []));
const filesOf = (from: Source) => readdir(join(from.directory, from.name)).catch(() => []);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A sink that takes nothing of a large transaction until it is let go. */
function blocked(): { readonly sink: Collector; readonly release: () => void } {
  const sink = collector();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const plain = { ...sink };
  sink.begin = (position, atMs, size) => {
    plain.begin(position, atMs, size);
    if (size === 'large') sink.blocked = held;
  };
  return {
    sink,
    release() {
      sink.blocked = null;
      release();
    },
  };
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** How many transactions the server has begun to send before their commit. */
async function sentEarly(from: Source): Promise<number> {
  const [row] = await from.session.query(
    sql`select stream_txns::int4 as n from pg_stat_replication_slots where slot_name = ${value(from.name)}`,
  );
  return Number(row?.n);
}

/** Stands before the server, and fails as it does where it cannot decode what may yet be rolled back. */
async function failing(from: Source) {
  const { host, port } = from.access.fields;
  let failures = 0;
  const between = createServer((client) => {
    const behind = dial(Number(port), String(host));
    let isEarly = false;
    client.on('data', (part) => {
      if (part.includes("streaming 'on'")) isEarly = true;
      behind.write(part);
    });
    behind.on('data', (part) => {
      // CopyData, XLogData, a header of 24 bytes, Stream Start.
      for (let at = 0; isEarly && at + 30 < part.length; at++) {
        if (part[at] !== 0x64 || part[at + 5] !== 0x77 || part[at + 30] !== 0x53) continue;
        if (part.readUInt32BE(at + 1) !== 35) continue;
        failures++;
        client.write(part.subarray(0, at));
        const fields = Buffer.from('SERROR\0CXX000\0Mcould not map filenumber "base/1/2" to relation OID\0\0');
        const head = Buffer.from([0x45, 0, 0, 0, fields.length + 4]);
        client.end(Buffer.concat([head, fields]));
        behind.destroy();
        return;
      }
      client.write(part);
    });
    behind.on('close', () => client.end());
    client.on('close', () => behind.destroy());
    client.on('error', () => undefined);
    behind.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  const address = between.address();
  const own = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    access: { ...from.access, fields: { ...from.access.fields, port: own } },
    failures: () => failures,
    async [Symbol.asyncDispose]() {
      between.close();
    },
  };
}

describe('A large transaction', () => {
  test('waits on disk for its commit, while others pass it; what was rolled back takes no room there', async () => {
    const from = await source(made, { large: 64 });
    const reading = await read(from, tables);
    await using other = await connect(from.access, 'test');
    await other.execute(words('set search_path = public'));
    await from.session.execute(words('begin'));
    await from.session.execute(rows(1, 2_000));
    await from.session.execute(words('savepoint s'));
    await from.session.execute(rows(2_001, 20_000));
    await eventually(async () => (await filesOf(from)).length > 0);
    await from.session.execute(words('rollback to s'));
    await from.session.execute(rows(30_001, 32_000));
    await other.execute(rows(90_001, 90_001));
    await reading.sink.until(() => idsOf(reading.sink).length === 1);
    await from.session.execute(words('commit'));
    await caughtUp(reading);
    expect(idsOf(reading.sink)).toEqual([90_001, ...range(1, 2_000), ...range(30_001, 32_000)]);
    reading.log.acknowledge(reading.sink.positions.committed);
    await eventually(async () => (await filesOf(from)).length === 0);
    await reading.log[Symbol.asyncDispose]();
    expect(await readdir(from.directory)).toEqual([]);
  });

  test('that rolls back leaves nothing, seen or on disk', async () => {
    const from = await source(made, { large: 64 });
    const reading = await read(from, tables);
    await from.session.execute(words('begin'));
    await from.session.execute(rows(1, 5_000));
    await eventually(async () => (await filesOf(from)).length > 0);
    await from.session.execute(words('rollback'));
    await from.session.execute(rows(7, 7));
    await caughtUp(reading);
    expect(idsOf(reading.sink)).toEqual([7]);
    expect(await filesOf(from)).toEqual([]);
  });

  test('is not sent again to a reader that was cut while it was being merged', async () => {
    const from = await source(made, { large: 64 });
    const slow = blocked();
    const first = await read(from, tables, null, slow.sink);
    await from.session.execute(rows(1, 20_000));
    await eventually(async () => (await filesOf(from)).some((name) => name.endsWith('.json')));
    await first[Symbol.asyncDispose]();
    const sent = await sentEarly(from);
    expect(slow.sink.positions.committed).toBe('');
    // What earlier runs left half written is in nobody's way.
    await writeFile(join(from.directory, from.name, '1234-0.open'), 'x');
    const second = await read(from, tables, '');
    await from.session.execute(rows(20_001, 20_001));
    await caughtUp(second);
    expect(idsOf(second.sink)).toEqual(range(1, 20_001));
    expect(await sentEarly(from)).toBe(sent);
    second.log.acknowledge(second.sink.positions.committed);
    await eventually(async () => (await filesOf(from)).length === 0);
  });

  test('is read from the server where something before it was not acknowledged', async () => {
    const from = await source(made, { large: 64 });
    const first = await read(from, tables);
    await from.session.execute(rows(1, 1));
    await from.session.execute(rows(2, 9_000));
    await caughtUp(first);
    await eventually(async () => (await filesOf(from)).some((name) => name.endsWith('.json')));
    await first[Symbol.asyncDispose]();
    const second = await read(from, tables, '');
    await caughtUp(second);
    expect(idsOf(second.sink)).toEqual(range(1, 9_000));
  });

  test('does not cost the connection, however long it is put aside or taken from there', async () => {
    const from = await source(made, { large: 64 });
    await from.session.execute(
      words(`do $$ begin
      execute format('alter database %I set wal_sender_timeout = 2000', current_database()); end $$`),
    );
    const slow = blocked();
    const reading = await read(from, tables, null, slow.sink);
    await from.session.execute(words('begin'));
    for (let i = 0; i < 6; i++) {
      await from.session.execute(rows(i * 3_000 + 1, (i + 1) * 3_000));
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
    await from.session.execute(words('commit'));
    await eventually(async () => (await filesOf(from)).some((name) => name.endsWith('.json')));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    slow.release();
    await caughtUp(reading);
    expect(idsOf(slow.sink)).toEqual(range(1, 18_000));
  });

  test('with a table changed in its middle, or changed and changed back, has each row as it was', async () => {
    const from = await source(made, { large: 64 });
    const reading = await read(from, tables);
    await from.session.execute(
      words(`begin; insert into a values (1, 'x');
      savepoint s; alter table a drop column name; insert into a select g from generate_series(2, 3000) g; rollback to s;
      alter table a alter column id type bigint; alter table a add column more text default 'm';
      insert into a select g, 'y' from generate_series(4001, 6000) g; commit; insert into a values (9000, 'z')`),
    );
    await caughtUp(reading);
    const seen = reading.sink.seen.flatMap((s) => (s.kind === 'row' ? [[Number(s.values.id), s.values.name]] : []));
    expect(seen).toEqual([[1, 'x'], ...range(4001, 6000).map((id) => [id, 'y']), [9000, 'z']]);
  });

  test('comes whole where the server fails in sending it early; what came before is not seen twice', async () => {
    const plain = await source(made, { large: 64 });
    await using proxy = await failing(plain);
    const from: Source = { ...plain, access: proxy.access };
    const reading = await read(from, tables);
    await plain.session.execute(rows(1, 1));
    await reading.sink.until(() => idsOf(reading.sink).length === 1);
    await plain.session.execute(rows(2, 9_000));
    await plain.session.execute(rows(9_001, 9_001));
    await caughtUp(reading);
    expect(proxy.failures()).toBe(1);
    expect(idsOf(reading.sink)).toEqual(range(1, 9_001));
    expect(await filesOf(from)).toEqual([]);
  });

  test.each([
    ['where no directory can be', async (place: string) => writeFile(place, ''), 'is put aside until its commit'],
    [
      'that others may look into',
      async (place: string) => {
        await mkdir(place);
        await chmod(place, 0o755);
      },
      'others may look into it or own it',
    ],
  ])('is refused a place %s, in words that name it', async (_, spoil, said) => {
    const from = await source(made, { large: 64 });
    await spoil(join(from.directory, from.name));
    const log = await openLog(from, tables);
    open.push(log);
    const done = log.read(collector(), new AbortController().signal);
    const failed = expect(done).rejects.toThrow(said);
    await from.session.execute(rows(1, 20_000));
    await failed;
    expect(must(from.directory, 'directory')).toContain('freehold-log-');
  });
});
