import { describe, expect, test } from 'vitest';
import { sql, value } from '../../../sql/sql.ts';
import { collector } from './testing/collect.ts';
import { caughtUp, int, lossOfAll, open, openLog, read, source, table, text } from './testing/source.ts';

const tables = [table('a', { id: int, name: text })];
const made = sql`create table a (id int primary key, name text)`;

describe('The life of a slot', () => {
  test('a table with a key and without replica identity is refused before anything is made at the source', async () => {
    const from = await source(sql`create table a (id int, name text)`);
    await expect(read(from, tables)).rejects.toThrow('has no replica identity');
    expect(await from.session.query(sql`select pubname from pg_publication`)).toEqual([]);
  });

  test('after a cut connection the log goes on from what was acknowledged: nothing is lost or doubled', async () => {
    const from = await source(made);
    const first = await read(from, tables);
    await from.session.execute(sql`insert into a values (1, 'x')`);
    await caughtUp(first);
    first.log.acknowledge(first.sink.positions.committed);
    await from.session.execute(sql`insert into a values (2, 'y')`);
    await caughtUp(first);
    const failed = expect(first.done).rejects.toMatchObject({ kind: 'unreachable' });
    // The acknowledgement travels by itself; the slot shows when it has arrived.
    for (let confirmed = false; !confirmed; ) {
      const [row] = await from.session.query(sql`
        select restart_lsn is not null and confirmed_flush_lsn > ${value(lsn(first.sink.seen))}::pg_lsn as is_there
        from pg_replication_slots where slot_name = ${value(from.name)}`);
      confirmed = row?.is_there === true;
    }
    await from.session.query(
      sql`select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = ${value(from.name)}`,
    );
    await failed;
    await first.log[Symbol.asyncDispose]();
    const second = await read(from, tables, '');
    expect(second.log.isNew).toBe(false);
    await from.session.execute(sql`insert into a values (3, 'z')`);
    await caughtUp(second);
    expect(second.sink.seen.flatMap((s) => (s.kind === 'row' ? [s.values.id] : []))).toEqual([2, 3]);
  });

  test('a sink that takes nothing for longer than wal_sender_timeout does not cost the connection', async () => {
    const from = await source(made);
    await from.session.execute(
      sql`do $$ begin execute format('alter database %I set wal_sender_timeout = 2000', current_database()); end $$`,
    );
    const sink = collector();
    let release = () => {};
    sink.blocked = new Promise((resolve) => {
      release = resolve;
    });
    const reading = await read(from, tables, null, sink);
    await from.session.execute(sql`insert into a select g, repeat('x', 500) from generate_series(1, 20000) g`);
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    sink.blocked = null;
    release();
    await caughtUp(reading);
    expect(reading.sink.seen.filter((s) => s.kind === 'row')).toHaveLength(20_000);
  });

  test('a snapshot shows the rows as of its position; later ones leave no slot behind', async () => {
    const from = await source(sql`create table a (id int primary key, name text); insert into a values (1, 'x')`);
    const log = await openLog(from, tables);
    open.push(log);
    await from.session.execute(sql`insert into a values (2, 'y')`);
    const slots = sql`select slot_name as name from pg_replication_slots where database = current_database()`;
    for (const expected of [1, 2]) {
      await using snapshot = await log.snapshot();
      await using inside = await snapshot.connect();
      expect(await inside.query(sql`select count(*)::int4 as n from public.a`)).toEqual([{ n: expected }]);
    }
    expect(await from.session.query(slots)).toEqual([{ name: from.name }]);
  });

  test('a second reader is refused; a slot that is gone is a loss where rows were loaded', async () => {
    const from = await source(made);
    const log = await openLog(from, tables);
    await expect(openLog(from, tables, '')).rejects.toThrow('Another process reads capture');
    await log[Symbol.asyncDispose]();
    await from.session.query(sql`select pg_drop_replication_slot(${value(from.name)})`);
    expect((await lossOfAll(from, tables)).message).toContain('is gone from');
    expect(
      await from.session.query(sql`select slot_name from pg_replication_slots where database = current_database()`),
    ).toEqual([]);
  });
});

/** Where the first transaction was committed, as the server writes it. */
function lsn(seen: readonly { readonly kind: string; readonly position?: string }[]): string {
  const position = seen.find((s) => s.kind === 'commit')?.position ?? '';
  return `${position.slice(0, 8)}/${position.slice(8)}`;
}
