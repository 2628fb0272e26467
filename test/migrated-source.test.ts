import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../src/base/clock.ts';
import type { Capture, ChangeLog } from '../src/engine/capture.ts';
import type { Connection } from '../src/engine/connection.ts';
import type { Access } from '../src/engine/engine.ts';
import { capture as mysqlCapture } from '../src/engines/mysql/capture.ts';
import { mysqlLog } from '../src/engines/mysql/log/log.ts';
import { type Mariadb, noMariadb, open, startMariadb } from '../src/engines/mysql/testing/server.ts';
import { capture as postgresCapture } from '../src/engines/postgres/capture.ts';
import { connect } from '../src/engines/postgres/connection.ts';
import { runCapture } from '../src/flow/capture/cdc.ts';
import { sourceTables } from '../src/flow/capture/source-tables.ts';
import { gapsOf } from '../src/flow/gaps.ts';
import { handOver } from '../src/flow/handover/hand-over.ts';
import { ensureTables } from '../src/flow/tables.ts';
import { database, log as postgresLog } from '../src/flow/testing/capturing.ts';
import { dataset, tablesOf } from '../src/flow/testing/fixture.ts';
import { streamNode } from '../src/flow/testing/nodes.ts';
import type { StreamNode } from '../src/plan/plan.ts';
import { words } from '../src/sql/sql.ts';

if (noMariadb !== null) console.warn(`skipped: ${noMariadb}`);

const stream = 'retail/sales/shop';
const columns = {
  id: 'int32',
  name: 'text?',
  price: 'decimal(12,2)?',
  share: 'float64?',
  on_sale: 'boolean?',
  made: 'date?',
  seen: 'timestamp(3)?',
  raw: 'binary?',
};

/** One side of a migration: the same table, in an engine's own types. */
type Side = {
  readonly access: Access;
  readonly capture: Capture;
  readonly log: ChangeLog;
  readonly name: string;
  readonly schema: string;
  readonly session: Connection;
};

describe.skipIf(noMariadb !== null)('A producer that moves between PostgreSQL and MariaDB', () => {
  let server: Mariadb;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('keeps the versions of rows that are equal, there and back, and a gap says what is known by its result alone', async () => {
    const place = await database(
      'pg',
      `create table items (id int primary key, name text, price numeric(12,2), share float8, on_sale boolean, made date, seen timestamp(3), raw bytea);
       insert into items values (1, 'größe', 1.50, 0.1, true, '2024-02-29', '2024-01-01 00:00:00.5', '\\x00ff'), (2, null, null, null, false, null, null, null),
         (3, 'three', 3.00, -1.5e-3, null, '1999-12-31', '2001-02-03 04:05:06.789', '\\x')`,
    );
    const store = await database('store');
    const named = await server.createDatabase('moved');
    const there = await open(server, named);
    const postgres: Side = { ...place, capture: postgresCapture, log: postgresLog, schema: 'public' };
    const mariadb: Side = {
      access: server.access(named),
      capture: mysqlCapture,
      log: mysqlLog(),
      name: `freehold_${named}`,
      schema: named,
      session: there,
    };
    const of = ({ schema }: Side) =>
      dataset('items', ['id'], columns, { from: { schema, table: 'items' }, keepsDelta: false });
    const nodeOf = (side: Side): StreamNode => streamNode([of(side)], { stream });
    const apply = async (side: Side) => {
      const node = nodeOf(side);
      expect(await side.capture.preflight(side.session, 'cdc', sourceTables(node), side.name)).toEqual([]);
      await ensureTables(store.session, node.datasets);
      const source = (await side.capture.database?.(side.session)) ?? null;
      const addresses = node.datasets.map(({ address }) => address);
      const done = await handOver(
        store.session,
        [{ stream, addresses, mode: 'cdc', place: side.name, source }],
        [stream],
      );
      return done.map(({ rebound }) => rebound);
    };
    const catchUp = (side: Side) =>
      runCapture(
        side.log,
        side.access,
        side.capture,
        side.name,
        [{ node: nodeOf(side), store: () => connect(store.access, 'test') }],
        {
          clock: systemClock,
          signal: new AbortController().signal,
          onBatch: () => undefined,
          untilCaughtUp: true,
        },
      );
    const rows = async () => {
      const { current, history } = await tablesOf(store.session, of(postgres));
      const short = (line: string) => [...line.split('|').slice(0, 2), ...line.split('|').slice(8)].join('|');
      return { current: current.map(short), history: history.map(short) };
    };

    expect(await apply(postgres)).toEqual([]);
    await catchUp(postgres);
    await postgres.session.execute(words("update items set name = 'drei' where id = 3"));
    await catchUp(postgres);

    // The same rows on MariaDB, and one that changed on the way.
    await there.execute(
      words(`create table items (id int primary key, name varchar(100) character set utf8mb4, price decimal(12,2), share double, on_sale tinyint(1),
        made date, seen datetime(3), raw varbinary(20))`),
    );
    await there.execute(
      words(`insert into items values (1, 'größe', 1.50, 0.1, 1, '2024-02-29', '2024-01-01 00:00:00.5', x'00ff'), (2, 'moved', null, null, 0, null, null, null),
        (3, 'drei', 3.00, -1.5e-3, null, '1999-12-31', '2001-02-03 04:05:06.789', x'')`),
    );
    expect(await apply(mariadb)).toEqual(['migrated']);
    await postgres.log.drop(postgres.access, postgres.name);
    await catchUp(mariadb);
    expect(await rows()).toEqual({
      current: ['1|größe|1', '2|moved|3', '3|drei|2'],
      history: ['2|~|1|3', '3|three|1|2'],
    });
    await there.execute(words("update items set name = 'zwei' where id = 2"));
    await catchUp(mariadb);

    await postgres.session.execute(
      words("update items set name = 'zwei' where id = 2; delete from items where id = 1"),
    );
    expect(await apply(postgres)).toEqual(['migrated']);
    // Two of three rows are as they were; that one goes is no unusual part of so few.
    await catchUp(postgres);
    expect(await rows()).toEqual({
      current: ['2|zwei|4', '3|drei|2'],
      history: ['1|größe|1|5', '2|moved|3|4', '2|~|1|3', '3|three|1|2'],
    });
    expect((await gapsOf(store.session, stream)).map(({ from, to, cause }) => [from, to, cause])).toEqual([
      [2n, 3n, 'migrated'],
      [4n, 5n, 'migrated'],
    ]);
    await there[Symbol.asyncDispose]();
  });

  test('is refused where the new place has not what the model says, before anything is changed', async () => {
    const named = await server.createDatabase('lacks');
    await using there = await open(server, named);
    await there.execute(words('create table items (id int primary key, name varchar(100))'));
    const node = streamNode([dataset('items', ['id'], columns, { from: { schema: named, table: 'items' } })], {
      stream,
    });
    const found = await mysqlCapture.preflight(there, 'cdc', sourceTables(node), `freehold_${named}`);
    expect(found.filter(({ severity }) => severity === 'error').length).toBeGreaterThan(0);
  });
});
