import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Connection } from '../../engine/connection.ts';
import { duckdb } from '../../engines/duckdb/engine.ts';
import { capture } from '../../engines/postgres/capture.ts';
import type { ReplicaDataset, ReplicateNode, StreamDataset } from '../../plan/plan.ts';
import { readSnapshot } from '../capture/snapshot.ts';
import { type Checkpoint, takeOver } from '../checkpoint.ts';
import { replicateOnce } from '../replicate/replicate.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, run } from '../testing/fixture.ts';
import { replicateNode, streamNode } from '../testing/nodes.ts';
import type { ReplicaToVerify } from './replica.ts';
import type { DatasetVerdict } from './verdict.ts';
import { verifyDataset } from './verify.ts';

const shops = dataset('shops', ['id', 'part'], {
  id: 'int32',
  part: 'text',
  name: 'varchar(30)?',
  code: 'char(4)?',
  body: 'json?',
  price: 'decimal?',
  seen: 'timestamptz?',
  ratio: 'float64?',
  raw: 'binary?',
});
const log = dataset('log', [], { line: 'text?', n: 'int32' });
const stream = 'retail/sales/shop';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'freehold-verify-'));
});
afterAll(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));

const node = streamNode([shops, log], { stream, mode: 'snapshot' });

function copyOf(
  { address, name, key, columns, schema, current, history, delta }: StreamDataset,
  layout: 'live' | 'split',
  without = '',
): ReplicaDataset {
  const kept = columns.filter((column) => column.name !== without);
  return {
    address,
    name,
    key,
    columns: kept,
    layout,
    schema: `copy_${schema}`,
    current,
    history,
    delta,
    store: { schema, current, history, delta, ...(without === '' ? {} : { isPart: true }) },
  };
}

function replicaNode(container: string, datasets: readonly ReplicaDataset[]): ReplicateNode {
  return replicateNode(datasets, { stream, container });
}

type Session = Connection & { readonly again: () => Promise<Connection> };

/** Source, store, a replica on PostgreSQL with versions, and one on DuckDB without column 'name'. */
async function arrange() {
  const source = await freshStore('source');
  const store = await freshStore('store');
  const rows = await freshStore('replica');
  const file = {
    engine: 'duckdb',
    label: 'replica',
    fields: { file: join(room, `${Math.random()}.duckdb`), memory_limit: '500MB', threads: 2 },
  };
  const again = () => duckdb.connect(file, 'test');
  const columns: Session = { ...(await again()), again };
  await run(
    source,
    `create table public.shops (id integer, part text, name varchar(30), code char(4), body json, price numeric,
       seen timestamptz, ratio double precision, raw bytea, primary key (id, part));
     create table public.log (line text, n integer not null);
     insert into public.shops select g, 'p:' || g % 3, 'näme ' || g, 'x', '{"b": 1, "a": 2}', g * 1.10, now(), g / 3.0, 'ab' from generate_series(1, 3000) g;
     insert into public.shops values (-1, '', null, null, null, null, null, null, null), (-2, 'a,b=''"', '', '', 'null', 'NaN', 'infinity', 'NaN', '');
     insert into public.log values ('one', 1), ('one', 1), (null, 2)`,
  );
  await ensureTables(store, node.datasets);
  const nodes = {
    rows: replicaNode('replica:sql:0', [copyOf(shops, 'split'), copyOf(log, 'live')]),
    columns: replicaNode('replica:bi:0', [copyOf(shops, 'split', 'name'), copyOf(log, 'live')]),
  };
  await ensureTables(
    rows,
    nodes.rows.datasets.map((each) => ({ ...each, keepsDelta: false })),
  );
  await ensureTables(
    columns,
    nodes.columns.datasets.map((each) => ({ ...each, keepsDelta: false })),
  );
  let held = await takeOver(store, stream);
  const copies: { session: Session; node: ReplicateNode; held: Checkpoint }[] = [
    { session: rows, node: nodes.rows, held: await takeOver(rows, stream) },
    { session: columns, node: nodes.columns, held: await takeOver(columns, stream) },
  ];
  let at = Date.UTC(2026, 0, 1);
  return {
    source,
    store,
    rows,
    columns,
    async flow() {
      at += 1000;
      held = (await readSnapshot(source, capture, store, node, held, at)).held;
    },
    async replicate() {
      for (const copy of copies) copy.held = (await replicateOnce(store, copy.session, copy.node, copy.held)).held;
    },
    verify(of: StreamDataset, catchUp: (() => Promise<boolean>) | null = null): Promise<DatasetVerdict> {
      const replicas = copies.flatMap(({ session, node: { container, datasets } }) =>
        datasets
          .filter(({ address }) => address === of.address)
          .map((each): ReplicaToVerify => ({ container, dataset: each, connect: session.again })),
      );
      return verifyDataset({
        stream,
        dataset: of,
        mode: 'snapshot',
        source: { connect: source.again, capture },
        clock: systemClock,
        store: { connect: store.again },
        replicas,
        catchUp,
      });
    },
    async [Symbol.asyncDispose]() {
      for (const session of [source, store, rows, columns]) await session[Symbol.asyncDispose]();
    },
  };
}

describe('verify', () => {
  test('finds no difference between a source, its store and replicas on two engines, after changes too', async () => {
    await using all = await arrange();
    await all.flow();
    await all.replicate();
    expect(await all.verify(shops)).toMatchObject({
      differences: 0,
      isPartial: false,
      moving: 0,
      at: { ordinal: '1' },
      source: { rows: 3002 },
      store: { rows: 3002 },
      replicas: [
        { container: 'replica:sql:0', ordinal: '1', rows: 3002, differences: 0 },
        { container: 'replica:bi:0', ordinal: '1', rows: 3002, differences: 0 },
      ],
      samples: [],
    });
    await run(
      all.source,
      `update public.shops set name = 'new', price = price + 1 where id < 50; delete from public.shops where id between 60 and 70;
      insert into public.shops (id, part) values (9001, 'x'); insert into public.log values ('two', 3), ('one', 1)`,
    );
    await all.flow();
    await all.replicate();
    expect(await all.verify(shops)).toMatchObject({
      differences: 0,
      checked: expect.any(Number),
      // Two of them had no price, and the name is not copied there.
      replicas: [{ versions: 62 }, { versions: 60 }],
    });
    expect(await all.verify(log)).toMatchObject({
      differences: 0,
      source: { rows: 5 },
      store: { rows: 5 },
      replicas: [{ rows: 5 }, { rows: 5 }],
    });
  });

  test('names the keys that differ, and which side lacks them, without a value of a row', async () => {
    await using all = await arrange();
    await all.flow();
    await all.replicate();
    await run(
      all.store,
      `update retail__sales__shop.shops set price = 7 where id = 7; delete from retail__sales__shop.shops where id = 8;
      insert into retail__sales__shop.shops (id, part) values (-9, 'a|b\\\\, ''c'); delete from retail__sales__shop.log where n = 2;
      insert into retail__sales__shop.log (line, n) values ('one', 1)`,
    );
    const verdict = await all.verify(shops);
    expect(verdict.differences).toBe(9);
    expect(
      verdict.samples.filter(({ between }) => between[0] === 'source').toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    ).toEqual([
      { between: ['source', 'store'], key: "id=-9, part=a|b\\\\, 'c", what: 'missing in source', columns: [] },
      { between: ['source', 'store'], key: 'id=7, part=p:1', what: 'differs', columns: ['price'] },
      { between: ['source', 'store'], key: 'id=8, part=p:2', what: 'missing in store', columns: [] },
    ]);
    expect(verdict.replicas.map(({ differences }) => differences)).toEqual([3, 3]);
    const rows = await all.verify(log);
    expect(rows.differences).toBe(6);
    expect(
      rows.samples
        .slice(0, 2)
        .map(({ what }) => what)
        .toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(['2 in source, 3 in store', 'missing in store']);
  });

  test('compares a replica that is behind at its own ordinal', async () => {
    await using all = await arrange();
    await all.flow();
    await all.replicate();
    await run(
      all.source,
      `update public.shops set name = 'new' where id < 50; delete from public.shops where id = 60; insert into public.log values ('one', 1)`,
    );
    await all.flow();
    expect(await all.verify(shops)).toMatchObject({
      differences: 0,
      at: { ordinal: '2' },
      replicas: [{ ordinal: '1' }, { ordinal: '1' }],
    });
    expect(await all.verify(log)).toMatchObject({ differences: 0 });
    await run(all.rows, `update copy_retail__sales__shop.shops set code = 'z' where id = 100`);
    expect(await all.verify(shops)).toMatchObject({
      differences: 1,
      replicas: [{ differences: 1 }, { differences: 0 }],
      samples: [{ between: ['store', 'replica:sql:0'], key: 'id=100, part=p:1', what: 'differs' }],
    });
  });

  test('finds a version that a replica lacks', async () => {
    await using all = await arrange();
    await all.flow();
    await all.replicate();
    await run(all.source, `update public.shops set name = 'new' where id < 5 and id > 0`);
    await all.flow();
    await all.replicate();
    await run(all.rows, `delete from copy_retail__sales__shop.shops__history where id = 3`);
    expect(await all.verify(shops)).toMatchObject({
      differences: 1,
      samples: [{ key: 'id=3, part=p:0, fh_from=1', what: 'missing in replica:sql:0' }],
    });
  });

  test('waits for changes on their way, and reports none of them', async () => {
    await using all = await arrange();
    await all.flow();
    await all.replicate();
    await run(all.source, `update public.shops set name = 'new' where id < 50`);
    expect(await all.verify(shops, () => all.flow().then(() => true))).toMatchObject({
      differences: 0,
      moving: 0,
      isBehind: false,
    });
  });

  test('calls a key that never stands still moving, and one that is wrong and still different', async () => {
    await using all = await arrange();
    await all.flow();
    await all.replicate();
    await run(all.store, `update retail__sales__shop.shops set price = 7 where id = 7`);
    await run(all.rows, `update copy_retail__sales__shop.shops set price = 7 where id = 7`);
    await run(all.columns, `update copy_retail__sales__shop.shops set price = 7 where id = 7`);
    await run(all.source, `update public.shops set name = 'hot' where id = 1`);
    let writes = 0;
    const verdict = await all.verify(shops, async () => {
      await run(all.source, `update public.shops set name = 'hot ${writes++}' where id = 1`);
      return true;
    });
    expect(verdict).toMatchObject({
      differences: 1,
      moving: 1,
      samples: [{ between: ['source', 'store'], key: 'id=7, part=p:1', what: 'differs' }],
    });
  });

  test('a row that changes and changes back, so that it looks the same at every look at the source, is no difference', async () => {
    await using all = await arrange();
    await run(all.source, `update public.shops set name = 'A' where id = 1`);
    await all.flow();
    await all.replicate();
    await run(all.source, `update public.shops set name = 'B' where id = 1`);
    await all.flow();
    await run(all.source, `update public.shops set name = 'A' where id = 1`);
    const verdict = await all.verify(shops, async () => {
      await run(all.source, `update public.shops set name = 'B' where id = 1`);
      await all.flow();
      await run(all.source, `update public.shops set name = 'A' where id = 1`);
      return true;
    });
    expect(verdict).toMatchObject({ differences: 0, moving: 1, isBehind: false });
  });

  test('calls nothing different while the flow has not caught up, and says so; likewise where a replica has nothing yet', async () => {
    await using all = await arrange();
    await all.flow();
    await run(all.source, `update public.shops set name = 'new' where id = 1`);
    const verdict = await all.verify(shops, async () => false);
    expect(verdict).toMatchObject({ isBehind: true, differences: 0, moving: 1, samples: [] });
    expect(verdict.replicas.map(({ ordinal, differences }) => [ordinal, differences])).toEqual([
      [null, 0],
      [null, 0],
    ]);
    expect(verdict.findings.map(({ rule, message }) => [rule, message])).toEqual([
      [
        'verify-behind',
        "'retail/sales/shop.shops' (stream 'retail/sales/shop') is not loaded in replica:sql:0 yet, so there is nothing to compare.",
      ],
      [
        'verify-behind',
        "'retail/sales/shop.shops' (stream 'retail/sales/shop') is not loaded in replica:bi:0 yet, so there is nothing to compare.",
      ],
      [
        'verify-behind',
        "the store of 'retail/sales/shop.shops' (stream 'retail/sales/shop') did not come to where the source was when it was read, so of 1 keys it is not known whether they differ or are on their way.",
      ],
    ]);
  });

  test('counts a table that is wholly different without holding it', async () => {
    await using all = await arrange();
    await all.flow();
    await all.replicate();
    await run(all.store, `update retail__sales__shop.shops set price = 0`);
    await run(all.rows, `update copy_retail__sales__shop.shops set price = 0`);
    await run(all.columns, `update copy_retail__sales__shop.shops set price = 0`);
    const verdict = await all.verify(shops);
    expect(verdict.differences).toBe(3002);
    expect(verdict.samples).toHaveLength(10);
  });
});
