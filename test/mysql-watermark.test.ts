import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capture } from '../src/engines/mysql/capture.ts';
import { connect as connectMysql } from '../src/engines/mysql/connection.ts';
import { type Mariadb, noMariadb, open, startMariadb } from '../src/engines/mysql/testing/server.ts';
import { readWatermark } from '../src/flow/capture/watermark/watermark.ts';
import { takeOver } from '../src/flow/checkpoint.ts';
import { ensureTables } from '../src/flow/tables.ts';
import { dataset, freshStore } from '../src/flow/testing/fixture.ts';
import { streamNode } from '../src/flow/testing/nodes.ts';
import { random } from '../src/flow/testing/reference.ts';
import { sql, words } from '../src/sql/sql.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

if (noMariadb !== null) console.warn(`skipped: ${noMariadb}`);

/**
 * The clock is set, at the source and for the reads: days, months and years end, and so does summer time where there is one.
 * Nothing of what is seen may depend on it.
 */
describe.skipIf(noMariadb !== null)('Rows of MariaDB that are read by their watermark', () => {
  let server: Mariadb;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const cases = [
    { evening: '2026-11-26T23:59:58.700Z', written: 'datetime(3)', type: 'timestamp(3)', zone: '+00:00' },
    { evening: '2026-12-31T23:59:59.500Z', written: 'datetime', type: 'timestamp(0)', zone: '+00:00' },
    { evening: '2024-02-28T23:59:59.000Z', written: 'datetime(3)', type: 'timestamp(3)', zone: '+13:00' },
    { evening: '2026-03-29T00:59:58.900Z', written: 'datetime(6)', type: 'timestamp(6)', zone: '-09:30' },
    { evening: '2026-12-31T23:59:59.500Z', written: 'timestamp(6)', type: 'timestamptz(6)', zone: '-09:30' },
    { evening: '2026-10-25T00:59:59.900Z', written: 'timestamp', type: 'timestamptz(0)', zone: '+00:00' },
  ];

  test.each(cases)(
    `come whatever the day, across $evening as $written in $zone (seed ${seed})`,
    async ({ evening, written, type, zone }) => {
      const draw = random(seed);
      const database = await server.createDatabase('evening');
      await using session = await open(server, database);
      const digits = /\d/.exec(written)?.[0] ?? '0';
      const now = `current_timestamp(${digits})`;
      await session.execute(
        words(`create table readings (id int primary key, label varchar(20),
          changed ${written} not null default ${now} on update ${now}, key (changed))`),
      );
      await using source = await connectMysql(server.access(database), 'test');
      await using store = await freshStore('evening');
      const one = dataset(
        'readings',
        ['id'],
        { id: 'int32', label: 'text?', changed: type },
        {
          from: { schema: database, table: 'readings' },
          // An hour more where local time may have an hour twice is the model's own usual.
          watermark: { column: 'changed', late: { ms: 2_000 } },
          keepsDelta: false,
        },
      );
      const node = streamNode([one], {
        mode: 'watermark',
        reading: { kind: 'watermark', maxDeleted: 0.2, sweepMs: null },
      });
      await ensureTables(store, [one]);
      let held = await takeOver(store, node.stream);
      await session.execute(words(`set time_zone = '${zone}'`));
      let atMs = Date.parse(evening);
      const wanted = new Map<number, string>();
      for (let read = 0; read < 25; read++) {
        for (let n = Math.floor(draw() * 4); n > 0; n--) {
          atMs += Math.floor(draw() * 180);
          const id = Math.floor(draw() * 12);
          const label = `l${Math.floor(draw() * 1e6)}`;
          await session.execute(words(`set timestamp = ${(atMs / 1000).toFixed(3)}`));
          await session.execute(
            words(
              `insert into readings (id, label) values (${id}, '${label}') on duplicate key update label = '${label}'`,
            ),
          );
          wanted.set(id, label);
        }
        atMs += Math.floor(draw() * 120);
        const outcome = await readWatermark(source, capture, store, node, held, atMs);
        held = outcome.held;
        // A clock that is ahead of ours by its zone alone is none to be told of.
        expect(outcome.findings.map(({ message }) => message)).toEqual([]);
        const rows = await store.query(sql`select id, label from retail__sales__shop.readings order by id`);
        expect(rows, `read ${read} at ${new Date(atMs).toISOString()} in ${zone}`).toEqual(
          [...wanted].map(([id, label]) => ({ id, label })).toSorted((a, b) => a.id - b.id),
        );
      }
      expect(wanted.size).toBeGreaterThan(8);
    },
  );
});
