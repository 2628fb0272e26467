import { describe, expect, test } from 'vitest';
import { sql, value } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import { testServer } from '../testing/server.ts';
import type { Seen } from './testing/collect.ts';
import { caughtUp, int, read, source, table, text } from './testing/source.ts';

const changes = (seen: readonly Seen[]) =>
  seen.flatMap((s): unknown[] =>
    s.kind === 'row'
      ? [[s.op, s.values]]
      : s.kind === 'stop'
        ? [['stop', s.why]]
        : s.kind === 'shape'
          ? []
          : [s.kind === 'truncate' ? 'truncate' : s.kind],
  );

describe('The log of PostgreSQL', () => {
  test('gives each committed change once, in commit order, and nothing of what was rolled back', async () => {
    const from = await source(sql`create table a (id int primary key, name text)`);
    const reading = await read(from, [table('a', { id: int, name: text })]);
    await from.session.execute(sql`
      begin; insert into a values (1, 'one'), (2, null); savepoint s; insert into a values (3, 'x'); rollback to s; commit;
      begin; insert into a values (9, 'never'); rollback;
      begin; update a set name = 'uno' where id = 1; update a set id = 20 where id = 2; delete from a where id = 1; commit;
      truncate a`);
    await caughtUp(reading);
    expect(changes(reading.sink.seen)).toEqual([
      'begin',
      ['upsert', { id: 1, name: 'one' }],
      ['upsert', { id: 2, name: null }],
      'commit',
      'begin',
      ['upsert', { id: 1, name: 'uno' }],
      ['delete', { id: 2, name: null }],
      ['upsert', { id: 20, name: null }],
      ['delete', { id: 1, name: null }],
      'commit',
      'begin',
      'truncate',
      'commit',
    ]);
  });

  test('a key that changes is a delete and an upsert, under each replica identity', async () => {
    const from = await source(sql`
      create table a (id int primary key, name text);
      create table b (id int, name text, note text); alter table b replica identity full;
      create table c (id int, name text not null, note text); create unique index c_name on c (name);
      alter table c replica identity using index c_name`);
    const columns = { id: int, name: text, note: text };
    const tables = [table('a', { id: int, name: text }), table('b', columns), table('c', columns, ['name'])];
    const reading = await read(from, tables);
    await from.session.execute(sql`
      insert into a values (1, 'x'), (2, 'y'); insert into b values (1, 'x', 'n'), (2, null, null);
      insert into c values (1, 'x', 'n');
      update a set id = -1 where id = 1; update a set id = 1 where id = 2; update a set id = 2 where id = -1;
      update b set id = 3 where id = 1; update b set note = 'm' where id = 2; delete from b where id = 2;
      update c set name = 'z'; update c set id = 9; delete from c`);
    await caughtUp(reading);
    const seen = reading.sink.seen.flatMap((s) =>
      s.kind === 'row' ? [[s.table, s.op, ...Object.values(s.values)]] : [],
    );
    expect(seen.slice(5)).toEqual([
      [0, 'delete', 1, null],
      [0, 'upsert', -1, 'x'],
      [0, 'delete', 2, null],
      [0, 'upsert', 1, 'y'],
      [0, 'delete', -1, null],
      [0, 'upsert', 2, 'x'],
      [1, 'delete', 1, null, null],
      [1, 'upsert', 3, 'x', 'n'],
      [1, 'upsert', 2, null, 'm'],
      [1, 'delete', 2, null, null],
      [2, 'delete', null, 'x', null],
      [2, 'upsert', 1, 'z', 'n'],
      [2, 'upsert', 9, 'z', 'n'],
      [2, 'delete', null, 'z', null],
    ]);
  });

  test('a large value that an update leaves alone is marked, not null; a full replica identity has it', async () => {
    const from = await source(sql`
      create table a (id int primary key, n int, big text); alter table a alter column big set storage external;
      create table b (id int not null, n int, big text); alter table b alter column big set storage external;
      alter table b replica identity full`);
    const columns = { id: int, n: int, big: text };
    const reading = await read(from, [table('a', columns), table('b', columns)]);
    await from.session.execute(sql`
      insert into a values (1, 1, repeat('x', 9000)); insert into b values (1, 1, repeat('y', 9000));
      update a set n = 2; update a set id = 7; update b set n = 2`);
    await caughtUp(reading);
    expect(changes(reading.sink.seen).filter((s) => Array.isArray(s))).toEqual([
      ['upsert', { id: 1, n: 1, big: 'x'.repeat(9000) }],
      ['upsert', { id: 1, n: 1, big: 'y'.repeat(9000) }],
      ['upsert', { id: 1, n: 2, big: undefined }],
      ['delete', { id: 1, n: null, big: null }],
      ['upsert', { id: 7, n: 2, big: undefined }],
      ['upsert', { id: 1, n: 2, big: 'y'.repeat(9000) }],
    ]);
  });

  test('columns that the model does not have are passed over; columns and types may change in the middle', async () => {
    const from = await source(sql`create table a (id int primary key, extra bytea, name varchar(5))`);
    const reading = await read(from, [table('a', { id: int, name: text })]);
    await from.session.execute(sql`insert into a values (1, 'zz', 'one')`);
    await from.session.execute(sql`alter table a drop column extra; alter table a add column more int default 4`);
    await from.session.execute(sql`insert into a values (2, 'two')`);
    await from.session.execute(sql`alter table a alter column id type bigint; insert into a values (3, 'three')`);
    await caughtUp(reading);
    const seen = reading.sink.seen.flatMap((s): unknown[] =>
      s.kind === 'row' ? [s.values] : s.kind === 'shape' ? [s.wires] : [],
    );
    expect(seen).toEqual([
      ['integer', 'character varying'],
      { id: 1, name: 'one' },
      { id: 2, name: 'two' },
      ['bigint', 'character varying'],
      { id: '3', name: 'three' },
    ]);
  });

  test('a column of the model that the source dropped stops its table alone, with words that name it', async () => {
    const from = await source(sql`create table a (id int primary key, name text); create table b (id int primary key)`);
    const reading = await read(from, [table('a', { id: int, name: text }), table('b', { id: int })]);
    await from.session.execute(sql`
      begin; insert into b values (1); alter table a drop column name; insert into a values (1); insert into b values (2); commit`);
    await caughtUp(reading);
    expect(changes(reading.sink.seen)).toEqual([
      'begin',
      ['upsert', { id: 1 }],
      ['stop', expect.stringContaining("Dataset 'retail/sales/shop.a' reads column 'name' from 'name'")],
      ['upsert', { id: 2 }],
      'commit',
    ]);
  });

  test('a table that is renamed or made anew in the middle is not taken for the old one', async () => {
    const from = await source(sql`create table a (id int primary key); create table b (id int primary key)`);
    await from.session.execute(sql`
      do $$ begin execute format('create publication %I for all tables with (publish_via_partition_root = true)',
        'freehold_' || current_database()); end $$`);
    const reading = await read(from, [table('a', { id: int }), table('b', { id: int })]);
    await from.session.execute(sql`insert into a values (1); insert into b values (1)`);
    await from.session.execute(sql`alter table a rename to c; insert into c values (2)`);
    await from.session.execute(sql`create table a (id int primary key); insert into a values (3)`);
    await from.session.execute(sql`drop table b; create table b (id int primary key); insert into b values (4)`);
    await caughtUp(reading);
    expect(changes(reading.sink.seen).filter((s) => Array.isArray(s))).toEqual([
      ['upsert', { id: 1 }],
      ['upsert', { id: 1 }],
      ['stop', 'recreated'],
      ['stop', 'recreated'],
    ]);
  });

  test('domains, enums and generated columns come as their values, also where the types change in the middle', async () => {
    const from = await source(sql`
      create domain short as text check (length(value) < 9); create domain whole as int; create type mood as enum ('sad', 'ok');
      create table a (id whole primary key, name short, m mood, g int generated always as (id * 2) stored)`);
    const columns = { id: int, name: text, m: { kind: 'enum', values: ['sad', 'ok'] } as const, g: int };
    const reading = await read(from, [table('a', columns)]);
    await from.session.execute(sql`insert into a values (1, 'x', 'sad')`);
    await from.session.execute(sql`alter type mood add value 'glad'`);
    await from.session.execute(
      sql`insert into a values (2, 'y', 'glad'); alter domain short drop constraint short_check`,
    );
    await from.session.execute(
      sql`alter type mood rename value 'ok' to 'fine'; insert into a values (3, 'longer than nine', 'fine')`,
    );
    await from.session.execute(
      sql`create type other as enum ('sad', 'glad', 'fine'); alter table a alter column m type other using m::text::other`,
    );
    await from.session.execute(sql`drop type mood; update a set m = 'sad' where id = 2`);
    await caughtUp(reading);
    expect(changes(reading.sink.seen).filter((s) => Array.isArray(s))).toEqual([
      ['upsert', { id: 1, name: 'x', m: 'sad', g: 2 }],
      ['upsert', { id: 2, name: 'y', m: 'glad', g: 4 }],
      ['upsert', { id: 3, name: 'longer than nine', m: 'fine', g: 6 }],
      ['upsert', { id: 2, name: 'y', m: 'sad', g: 4 }],
    ]);
  });

  test('a truncate names each table that it empties, those behind a foreign key too, and not its rolled back self', async () => {
    const from =
      await source(sql`create table a (id int primary key); create table b (id int primary key, a int references a);
      create table c (id int primary key)`);
    const reading = await read(from, [table('a', { id: int }), table('b', { id: int }), table('c', { id: int })]);
    await from.session.execute(sql`insert into a values (1); insert into b values (1, 1); insert into c values (1)`);
    await from.session.execute(sql`begin; truncate a cascade; truncate c; insert into c values (2); commit`);
    await from.session.execute(
      sql`begin; savepoint s; truncate c; rollback to s; insert into c values (3); commit; truncate b, c`,
    );
    await caughtUp(reading);
    const seen = reading.sink.seen.flatMap((s) =>
      s.kind === 'truncate' ? [`truncate ${s.table}`] : s.kind === 'row' ? [`${s.op} ${s.table}`] : [],
    );
    expect(seen.slice(3)).toEqual([
      ...['truncate 0', 'truncate 1', 'truncate 2', 'upsert 2'],
      ...['upsert 2', 'truncate 1', 'truncate 2'],
    ]);
  });

  test('a partitioned table is one table, whichever partition a row is in or moves to', async () => {
    const from = await source(sql`
      create table a (id int, n int, name text, primary key (id, n)) partition by list (n);
      create table a1 partition of a for values in (1);
      create table a2 partition of a for values in (2, 3) partition by list (n);
      create table a2x (name text, n int not null, id int not null, extra text)`);
    await from.session.execute(sql`alter table a2x drop column extra; alter table a2x add primary key (id, n)`);
    await from.session.execute(sql`alter table a2 attach partition a2x for values in (2)`);
    const reading = await read(from, [table('a', { id: int, n: int, name: text }, ['id', 'n'])]);
    await from.session.execute(sql`insert into a values (1, 1, 'x'), (2, 2, 'y'); update a set n = 2 where id = 1`);
    await from.session.execute(
      sql`create table a3 partition of a2 for values in (3); insert into a3 values (3, 3, 'z')`,
    );
    await from.session.execute(sql`update a set name = 'zz' where id = 3; delete from a where id = 2; truncate a`);
    await caughtUp(reading);
    expect(changes(reading.sink.seen).filter((s) => s !== 'begin' && s !== 'commit')).toEqual([
      ['upsert', { id: 1, n: 1, name: 'x' }],
      ['upsert', { id: 2, n: 2, name: 'y' }],
      ['delete', { id: 1, n: 1, name: null }],
      ['upsert', { id: 1, n: 2, name: 'x' }],
      ['upsert', { id: 3, n: 3, name: 'z' }],
      ['upsert', { id: 3, n: 3, name: 'zz' }],
      ['delete', { id: 2, n: 2, name: null }],
      'truncate',
    ]);
  });

  test('where others write, in this database or in another, the source need not keep its log for us', async () => {
    const from = await source(sql`create table a (id int primary key); create table foreigner (id int)`);
    const reading = await read(from, [table('a', { id: int })]);
    await caughtUp(reading);
    const server = await testServer();
    await using other = await connect(server.access(await server.createDatabase('other')), 'test');
    await other.execute(sql`create table public.t as select generate_series(1, 1000) as id`);
    await from.session.execute(sql`insert into foreigner select generate_series(1, 1000)`);
    const [{ end } = { end: null }] = await other.query(sql`select pg_current_wal_lsn()::text as end`);
    for (let confirmed = false; !confirmed; ) {
      const before = reading.sink.positions.idle;
      reading.log.acknowledge(before);
      const [row] = await from.session.query(sql`
        select confirmed_flush_lsn >= ${value(String(end))}::pg_lsn as is_there from pg_replication_slots where slot_name = ${value(from.name)}`);
      confirmed = row?.is_there === true;
      if (!confirmed) await reading.sink.until(() => reading.sink.positions.idle > before);
    }
    expect(reading.sink.seen.filter((s) => s.kind === 'row' || s.kind === 'begin')).toEqual([]);
  });

  test('a keyless table gives its inserts, and its producer may still update it', async () => {
    const from = await source(sql`create table a (at int, what text)`);
    const reading = await read(from, [table('a', { at: int, what: text }, [])]);
    await from.session.execute(
      sql`insert into a values (1, 'x'); update a set what = 'y'; delete from a; insert into a values (2, 'z')`,
    );
    await caughtUp(reading);
    expect(changes(reading.sink.seen).filter((s) => Array.isArray(s))).toEqual([
      ['upsert', { at: 1, what: 'x' }],
      ['upsert', { at: 2, what: 'z' }],
    ]);
  });
});
