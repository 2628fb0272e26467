import pg from 'pg';
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import type { Finding } from '../../findings/finding.ts';
import type { PublishNode } from '../../plan/plan.ts';
import { literal, name, type Sql, sql, value } from '../../sql/sql.ts';
import { freshStore } from '../testing/fixture.ts';
import { publish, unpublish } from './publish.ts';
import { customers, fill, group, view } from './testing/group.ts';

async function filledStore(): Promise<Connection> {
  const c = await freshStore('publish');
  await fill(c);
  return c;
}

function rules(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ severity, rule }) => `${severity} ${rule}`);
}

async function asRole<T>(c: Connection, role: string, work: () => Promise<T>): Promise<T> {
  await c.execute(sql`set role ${name(role)}`);
  try {
    return await work();
  } finally {
    await c.execute(sql`reset role`);
  }
}

/** Everything that a publication may change, as the catalogue has it. */
async function catalogue(c: Connection, node: PublishNode) {
  return c.query(sql`select oid::text, relname::text as name, relacl::text as acl, xmin::text, obj_description(oid) as note
      from pg_class where relnamespace = ${value(node.schema)}::regnamespace
    union all select oid::text, proname::text, proacl::text, xmin::text, obj_description(oid)
      from pg_proc where pronamespace = ${value(node.schema)}::regnamespace
    union all select oid::text, nspname::text, nspacl::text, xmin::text, obj_description(oid)
      from pg_namespace where nspname = ${value(node.schema)} order by 1`);
}

const asOf = (node: PublishNode, instant: string, more: Sql = sql``) =>
  sql`select id, name from ${name(node.schema, 'customers_as_of')}(${value(instant)}::timestamptz) ${more} order by id`;

test('as of an instant within a gap rows are given with a warning that says why they are not exact', async () => {
  const server = await testServer();
  const database = await server.createDatabase('gap');
  const access = server.access(database);
  await using c = await connect(access, 'gap test');
  await fill(c);
  const node = group();
  await publish(c, node);
  await c.execute(sql`insert into freehold.fh_gap (stream, address, from_ordinal, to_ordinal, cause, is_accepted, "at")
    values ('retail/sales/orders', null, 1, 5, 'slot-gone', false, now())`);
  const { host, port, user, password } = access.fields;
  const client = new pg.Client({
    host: String(host),
    port: Number(port),
    user: String(user),
    password: String(password),
    database,
  });
  const warned: string[] = [];
  client.on('notice', ({ message }) => warned.push(String(message)));
  await client.connect();
  const names = async (instant: string) => {
    const { rows } = await client.query(`select name from ${node.schema}.customers_as_of('${instant}') order by 1`);
    return rows.map(({ name: one }) => one);
  };
  // The instants at its two ends are exact.
  expect(await names('2024-01-01 10:00+00')).toEqual(['Ana', 'Bob']);
  expect(await names('2024-01-01 11:00+00')).toEqual(['Ada']);
  expect(warned).toEqual([]);
  expect(await names('2024-01-01 10:30+00')).toEqual(['Ana', 'Bob']);
  await client.end();
  expect(warned.length).toBeGreaterThan(0);
  expect(warned[0]).toBe(
    "'retail/sales/orders.customers' is not exact as of 2024-01-01 10:30:00+00: changes at the source were lost around then (slot-gone)",
  );
});

describe('a published group', () => {
  test('is read by its role: current rows, every version, rows as of an instant; and nothing else is', async () => {
    await using c = await filledStore();
    const node = group();
    expect(await publish(c, node)).toEqual([]);
    await asRole(c, node.role, async () => {
      expect(await c.query(sql`select id, name from ${name(node.schema, 'customers')}`)).toEqual([
        { id: 1, name: 'Ada' },
      ]);
      expect(
        await c.query(sql`select id, name, fh_from, fh_to, extract(hour from fh_from_at at time zone 'UTC')::integer as began,
          fh_to_at is null as is_open from ${name(node.schema, 'customers_history')} order by id, fh_from`),
      ).toEqual([
        { id: 1, name: 'Ana', fh_from: '1', fh_to: '5', began: 10, is_open: false },
        { id: 1, name: 'Ada', fh_from: '5', fh_to: '9223372036854775807', began: 11, is_open: true },
        { id: 2, name: 'Bob', fh_from: '1', fh_to: '5', began: 10, is_open: false },
      ]);
      expect(await c.query(asOf(node, '2024-01-01 10:30+00'))).toEqual([
        { id: 1, name: 'Ana' },
        { id: 2, name: 'Bob' },
      ]);
      expect(await c.query(asOf(node, '2024-01-01 11:00+00'))).toEqual([{ id: 1, name: 'Ada' }]);
      await expect(c.query(sql`select credit from ${name(node.schema, 'customers')}`)).rejects.toThrow('credit');
      await expect(c.query(sql`select id from retail__sales__orders.customers`)).rejects.toThrow('permission denied');
      await expect(c.query(sql`select stream from freehold.fh_clock`)).rejects.toThrow('permission denied');
      await expect(c.execute(sql`delete from ${name(node.schema, 'customers')}`)).rejects.toThrow('permission denied');
    });
  });

  test('a renamed column has all its versions under its new name: its values stayed where they were', async () => {
    await using c = await filledStore();
    const node = group();
    await publish(c, node);
    const renamed = { ...node, views: [view({ columns: ['id', 'full_name'], kept: { full_name: 'name' } })] };
    expect(await publish(c, renamed)).toEqual([]);
    await asRole(c, node.role, async () => {
      const shown = async (relation: string) =>
        (await c.query(sql`select full_name from ${name(node.schema, relation)} order by full_name`)).map(
          (row) => row.full_name,
        );
      expect(await shown('customers')).toEqual(['Ada']);
      expect(await shown('customers_history')).toEqual(['Ada', 'Ana', 'Bob']);
      const then = sql`select full_name from ${name(node.schema, 'customers_as_of')}('2024-01-01 10:30+00') order by id`;
      expect(await c.query(then)).toEqual([{ full_name: 'Ana' }, { full_name: 'Bob' }]);
      await expect(c.query(sql`select name from ${name(node.schema, 'customers')}`)).rejects.toThrow('name');
    });
  });

  test('as of an instant before its history is an error, also where no row would be found', async () => {
    await using c = await filledStore();
    const node = group();
    await publish(c, node);
    const early = "'retail/sales/orders.customers' has no versions as of that instant";
    await asRole(c, node.role, async () => {
      await expect(c.query(asOf(node, '2023-12-31 10:30+00'))).rejects.toThrow(early);
      await expect(c.query(asOf(node, '2023-12-31 10:30+00', sql`where id = 77`))).rejects.toThrow(early);
      await expect(c.query(sql`select id from ${name(node.schema, 'customers_as_of')}(null)`)).rejects.toThrow(
        'an instant is needed',
      );
    });
    await c.execute(sql`update freehold.fh_dataset set complete_from = 5`);
    await expect(c.query(asOf(node, '2024-01-01 10:30+00'))).rejects.toThrow(early);
    await c.execute(sql`delete from retail__sales__orders.customers`);
    await c.execute(sql`delete from retail__sales__orders.customers__history`);
    await expect(c.query(asOf(node, '2023-12-31 10:30+00'))).rejects.toThrow(early);
    await c.execute(sql`delete from freehold.fh_dataset`);
    await expect(c.query(asOf(node, '2024-01-01 10:30+00'))).rejects.toThrow(early);
  });

  test('as of an instant is looked up by the key of the tables', async () => {
    await using c = await filledStore();
    await c.execute(sql`alter table retail__sales__orders.customers add primary key (id)`);
    await c.execute(
      sql`insert into retail__sales__orders.customers (id, name, fh_from) select g, 'x', 5 from generate_series(10, 5000) g`,
    );
    await c.execute(sql`analyze retail__sales__orders.customers`);
    const node = group();
    await publish(c, node);
    const plan = await c.query(sql`explain ${asOf(node, '2024-01-01 11:00+00', sql`where id = 77`)}`);
    expect(JSON.stringify(plan)).toContain('Index Cond: (id = 77)');
  });

  test('published again is not touched', async () => {
    await using c = await filledStore();
    const node = group();
    await publish(c, node);
    const before = await catalogue(c, node);
    expect(await publish(c, node)).toEqual([]);
    expect(await catalogue(c, node)).toEqual(before);
  });

  test('gets its views back as they were when somebody has changed them, and keeps only its own grants', async () => {
    await using c = await filledStore();
    const node = group();
    await publish(c, node);
    await c.execute(sql`create or replace view ${name(node.schema, 'customers')} as
      select id, 'forged'::text as name, instant from retail__sales__orders.customers`);
    await c.execute(sql`grant select on ${name(node.schema, 'customers')} to public`);
    await c.execute(sql`grant insert on ${name(node.schema, 'customers')} to ${name(node.role)}`);
    await c.execute(sql`grant usage on schema retail__sales__orders to public`);
    expect(rules(await publish(c, node))).toEqual([
      'warning grant-taken-back',
      'warning grant-taken-back',
      'warning grant-taken-back',
    ]);
    await asRole(c, node.role, async () => {
      expect(await c.query(sql`select name from ${name(node.schema, 'customers')}`)).toEqual([{ name: 'Ada' }]);
    });
    expect(await publish(c, node)).toEqual([]);
  });

  test('of another shape is made anew, with its grants; views that are no longer wanted go', async () => {
    await using c = await filledStore();
    const node = group({ views: [view(), view({ name: 'others', history: false })] });
    await publish(c, node);
    const narrower = { ...node, views: [view({ columns: ['id', 'name'] })] };
    expect(await publish(c, narrower)).toEqual([]);
    await asRole(c, node.role, async () => {
      expect(await c.query(sql`select * from ${name(node.schema, 'customers')}`)).toEqual([{ id: 1, name: 'Ada' }]);
      expect(await c.query(asOf(node, '2024-01-01 10:30+00'))).toHaveLength(2);
    });
    expect((await catalogue(c, node)).map((row) => String(row.name)).toSorted()).toEqual(
      ['customers', 'customers_as_of', 'customers_history', 'customers_ordinal_at', node.schema].toSorted(),
    );
  });

  test('that others have built on keeps its shape until they let go, and may grow meanwhile', async () => {
    await using c = await filledStore();
    const node = group({ views: [view({ columns: ['id', 'name'] })] });
    await publish(c, node);
    await c.execute(sql`create view public.mine as select name from ${name(node.schema, 'customers')}`);
    const grown = { ...node, views: [view({ columns: ['id', 'name', 'credit'] })] };
    expect(await publish(c, grown)).toEqual([]);
    const [blocked, ...more] = await publish(c, { ...node, views: [view({ columns: ['name'] })] });
    expect([blocked?.rule, blocked?.severity, more]).toEqual(['has-dependants', 'error', []]);
    expect(blocked?.message).toContain('view public.mine depends on view');
    expect(await c.query(sql`select name from public.mine`)).toEqual([{ name: 'Ada' }]);
    expect(await c.query(sql`select * from ${name(node.schema, 'customers')}`)).toEqual([
      { id: 1, name: 'Ada', credit: '2.50' },
    ]);
  });

  test('leaves what is not ours: a schema, a role, a relation of the same name', async () => {
    await using c = await filledStore();
    const node = group();
    await c.execute(sql`create schema ${name(node.schema)}`);
    expect(rules(await publish(c, node))).toEqual(['error schema-not-ours']);
    const other = group();
    await c.execute(sql`create role ${name(other.role)} login`);
    expect(rules(await publish(c, other))).toEqual(['error role-not-ours']);
    await c.execute(sql`drop role ${name(other.role)}`);
    const third = group({ views: [view({ columns: ['id'] })] });
    await publish(c, third);
    await c.execute(sql`create table ${name(third.schema, 'more')} (a integer)`);
    expect(rules(await publish(c, { ...third, views: [...third.views, view({ name: 'more' })] }))).toEqual([
      'error object-not-ours',
    ]);
    expect(rules(await publish(c, third))).toEqual([]);
  });

  test('is granted to the readers that have roles; the others are warnings with the SQL', async () => {
    await using c = await filledStore();
    const one = group();
    const ana = `ana_${one.schema}`;
    const node = { ...one, readers: [`user:${ana}`, 'group:no-such "team"'] };
    await c.execute(sql`create role ${name(ana)} login`);
    const [missing, ...more] = await publish(c, node);
    expect(more).toEqual([]);
    expect(missing?.help).toBe(
      `Ask the database's administrator:  create role "no-such ""team"""; grant "${node.role}" to "no-such ""team""";`,
    );
    await asRole(c, ana, async () => {
      expect(await c.query(sql`select name from ${name(node.schema, 'customers')}`)).toEqual([{ name: 'Ada' }]);
    });
    expect(rules(await publish(c, { ...node, readers: [] }))).toEqual(['warning reader-removed']);
    await asRole(c, ana, async () => {
      await expect(c.query(sql`select name from ${name(node.schema, 'customers')}`)).rejects.toThrow(
        'permission denied',
      );
    });
    await c.execute(sql`drop role ${name(ana)}`);
  });

  test('of two environments on one server is published in one of them', async () => {
    await using one = await filledStore();
    await using two = await filledStore();
    const node = group();
    expect(await publish(one, node)).toEqual([]);
    const [blocked] = await publish(two, { ...node, scope: 'acme/prod' });
    expect([blocked?.rule, blocked?.severity]).toEqual(['role-not-ours', 'error']);
    expect(blocked?.message).toContain(`('freehold: readers of ${node.group} in acme/local')`);
  });

  test('is published by an account that is no superuser, or its finding says what that account lacks', async () => {
    const server = await testServer();
    const database = await server.createDatabase('publish');
    const role = `publisher_${database}`;
    await using admin = await connect(server.access(database), 'test');
    await admin.execute(sql`create role ${name(role)} login password ${literal('plain')}`);
    await admin.execute(sql`grant create on database ${name(database)} to ${name(role)}`);
    const access = server.access(database);
    await using c = await connect({ ...access, fields: { ...access.fields, user: role, password: 'plain' } }, 'test');
    await fill(c);
    const reader = `reader_${database}`;
    await admin.execute(sql`create role ${name(reader)} login`);
    const node = group({ readers: [`user:${reader}`] });
    const [blocked] = await publish(c, node);
    expect(blocked?.rule).toBe('role-not-allowed');
    await admin.execute(sql`create role ${name(node.role)}`);
    await admin.execute(
      sql`comment on role ${name(node.role)} is ${literal(`freehold: readers of ${node.group} in acme/local`)}`,
    );
    expect(rules(await publish(c, node))).toEqual(['warning grant-not-allowed']);
    await admin.execute(sql`drop owned by ${name(node.role)}`);
    await admin.execute(sql`drop role ${name(node.role)}`);
    await admin.execute(sql`alter role ${name(role)} createrole`);
    expect(await publish(c, node)).toEqual([]);
    expect(await publish(c, node)).toEqual([]);
    await asRole(admin, reader, async () => {
      expect(await admin.query(asOf(node, '2024-01-01 11:00+00'))).toEqual([{ id: 1, name: 'Ada' }]);
    });
    expect(await unpublish(c, node)).toEqual([]);
  });

  test('published by two at once is published once', async () => {
    const c = await freshStore('publish');
    await using one = c;
    await fill(one);
    await using two = await c.again();
    const node = group();
    expect(await Promise.all([publish(one, node), publish(two, node)])).toEqual([[], []]);
  });

  test('goes without a trace of ours, and stays where others have built on it', async () => {
    await using c = await filledStore();
    const node = group();
    await publish(c, node);
    await c.execute(sql`create view public.mine as select name from ${name(node.schema, 'customers')}`);
    expect(rules(await unpublish(c, node))).toEqual(['error has-dependants']);
    await c.execute(sql`drop view public.mine`);
    expect(await unpublish(c, node)).toEqual([]);
    expect(await unpublish(c, node)).toEqual([]);
    expect(
      await c.query(sql`select rolname::text from pg_roles where rolname = ${value(node.role)}
        union all select nspname::text from pg_namespace where nspname = ${value(node.schema)}`),
    ).toEqual([]);
  });

  test('holds names that are words of SQL and have quotes', async () => {
    await using c = await freshStore('publish');
    await fill(c);
    const odd = { ...customers, current: 'select', history: 'select__history' };
    await c.execute(sql`alter table retail__sales__orders.customers rename to "select"`);
    await c.execute(sql`alter table retail__sales__orders.customers__history rename to "select__history"`);
    const node = group({ views: [view({ name: 'order', table: odd })] });
    expect(await publish(c, node)).toEqual([]);
    expect(await c.query(sql`select name from ${name(node.schema, 'order_as_of')}(now())`)).toEqual([{ name: 'Ada' }]);
  });
});
