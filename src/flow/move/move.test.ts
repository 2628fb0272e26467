import { describe, expect, onTestFinished, test } from 'vitest';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { parts } from '../../engines/postgres/parts.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { loadedDatasets, recordLoaded } from '../bookkeeping.ts';
import { type Checkpoint, Fenced, readCheckpoint, Superseded, takeOver } from '../checkpoint.ts';
import { eraseRows } from '../erase/erase.ts';
import { givenKeys } from '../erase/keys.ts';
import { noteReader } from '../purge/readers.ts';
import { replicateOnce } from '../replicate/replicate.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, mergeChanges, openStream, run, type Staged, tablesOf } from '../testing/fixture.ts';
import { replicateNode } from '../testing/nodes.ts';
import { asItRests } from '../versions.ts';
import { moveBack, moveStream } from './move.ts';
import { notesLeft, notesMoved } from './notes.ts';

const stream = 'retail/sales/shop';
const orders = dataset('orders', ['id'], { id: 'int32', note: 'text?' });
const tags: StreamDataset = {
  ...dataset('tags', ['id', 'tag'], { id: 'int32', tag: 'text', weight: 'int32?' }),
  layout: 'history',
};
const visits = dataset('visits', [], { at: 'int64?', what: 'text?' });
const flags: StreamDataset = {
  ...dataset('flags', ['id'], { id: 'int32', is_up: 'boolean?' }),
  layout: 'live',
  keepsDelta: false,
};
const all = [orders, tags, visits, flags];
const moving = { stream, datasets: all, fromPlace: 'postgres old', toPlace: 'postgres new' };

const put = (...row: Staged['row']): Omit<Staged, 'ordinal'> => ({ op: 'upsert', row });
const gone = (...row: Staged['row']): Omit<Staged, 'ordinal'> => ({ op: 'delete', row });

type Store = Awaited<ReturnType<typeof freshStore>>;

async function fresh(hint: string): Promise<Store> {
  const c = await freshStore(hint);
  onTestFinished(() => c[Symbol.asyncDispose]());
  return c;
}

/** Merges into a store as its owner does, in a session of its own. */
async function writer(store: Store, held: Checkpoint) {
  const session = await store.again();
  onTestFinished(() => session[Symbol.asyncDispose]());
  let at = held;
  return {
    session,
    held: () => at,
    async merge(one: StreamDataset, ...changes: readonly Omit<Staged, 'ordinal'>[]) {
      const ordinal = at.ordinal + 1n;
      const staged = changes.map((change) => ({ ...change, ordinal }));
      at = (await mergeChanges(session, await asItRests(session, one), at, staged, ordinal)).held;
    },
    async goOn() {
      at = must(await readCheckpoint(session, stream), 'checkpoint');
    },
  };
}

/** A store with a stream of every layout, at ordinal 7, and one that is empty. */
async function arrange(datasets: readonly StreamDataset[] = all) {
  const [old, now] = [await fresh('old'), await fresh('new')];
  const held = await openStream(old, datasets);
  for (const { address, keepsDelta } of datasets)
    await recordLoaded(old, stream, address, { completeFrom: 0n, position: null, deltaFrom: keepsDelta ? 0n : null });
  const write = await writer(old, held);
  if (datasets === all) {
    await write.merge(orders, put(1, 'a'), put(2, 'b'), put(3, 'c'), put(4, 'd'));
    await write.merge(tags, put(1, 'x', 1), put(1, 'y', 2), put(2, 'x', null));
    await write.merge(visits, put(10, 'came'), put(11, 'went'));
    await write.merge(flags, put(1, 't'), put(2, 'f'), put(3, null));
    await write.merge(orders, put(2, 'b2'), gone(3, null));
    await write.merge(tags, put(1, 'x', 7), gone(2, 'x', null));
    await write.merge(flags, put(2, 't'));
  }
  return { old, now, write };
}

const rowsOf = (c: Connection, datasets: readonly StreamDataset[] = all) =>
  Promise.all([
    ...datasets.map((one) => tablesOf(c, { ...one, keepsDelta: false })),
    c.query(sql`select ordinal::text as ordinal, "at"::text as at from freehold.fh_clock
      where stream = ${value(stream)} order by fh_clock.ordinal`),
  ]);

const options = { nowMs: () => Date.now(), parts };

describe('a stream moves to another store', () => {
  test('with every row, version and tick, whatever its layouts, while it is written', async () => {
    const { old, now, write } = await arrange();
    const steps: string[] = [];
    const changes: Readonly<Record<string, () => Promise<void>>> = {
      // Rows that are copied already, and rows that are not; new ones, changed ones, gone ones.
      'move begun': () => write.merge(orders, put(5, 'e'), put(1, 'a2'), gone(4, null)),
      'part moved 1': () => write.merge(flags, gone(1, null), put(4, 't')),
      'part moved 3': () => write.merge(tags, put(1, 'x', 8), put(9, 'z', 9), gone(1, 'y', null)),
      'part moved 5': () => write.merge(visits, put(12, 'came again')),
      'part moved 7': () => write.merge(orders, put(1, 'a3'), put(4, 'back'), gone(2, null)),
      'part moved 8': () => write.merge(flags, gone(3, null), gone(4, null)),
      'move drew near 1': () => write.merge(orders, put(1, 'a4'), gone(5, null), put(6, 'f')),
    };
    const seen = new Map<string, number>();
    const moved = await moveStream(old, now, moving, {
      ...options,
      async hook(step) {
        steps.push(step);
        seen.set(step, (seen.get(step) ?? 0) + 1);
        await changes[step]?.();
        await changes[`${step} ${seen.get(step)}`]?.();
      },
    });
    expect(moved).toMatchObject({ kind: 'moved', ordinal: 14n });
    expect([...new Set(steps)]).toEqual([
      ...['move begun', 'part moved', 'move drew near', 'move compared', 'move committed', 'moved'],
    ]);
    expect(await rowsOf(now)).toEqual(await rowsOf(old));
    expect((await tablesOf(now, { ...orders, keepsDelta: false })).current).toEqual(['1|a4|14', '4|back|12', '6|f|14']);
    expect(await tablesOf(now, flags)).toMatchObject({ current: ['2|true|7'] });
    expect(await readCheckpoint(now, stream)).toMatchObject({ ordinal: 14n, position: null, erased: 0n });
    // Keys and indexes are those of a store that was loaded.
    const indexes = async (c: Connection) =>
      (
        await c.query(
          sql`select indexname, indexdef from pg_indexes where schemaname = 'retail__sales__shop' order by 1`,
        )
      ).map(({ indexdef }) => String(indexdef));
    expect(await indexes(now)).toEqual(await indexes(old));
  });

  test('and nobody goes on in the old one, which says where it is', async () => {
    const { old, now, write } = await arrange();
    await moveStream(old, now, moving, options);
    await expect(write.merge(orders, put(7, 'g'))).rejects.toThrow(Fenced);
    await expect(takeOver(old, stream)).rejects.toThrow(Superseded);
    await expect(takeOver(old, stream)).rejects.toThrow("its rows rest in 'postgres new' now");
    const there = await writer(now, await takeOver(now, stream));
    await there.merge(orders, put(7, 'g'));
    expect((await tablesOf(now, { ...orders, keepsDelta: false })).current).toContain('7|g|8');
  });

  test('with what waits and all that is noted of it', async () => {
    const { old, now } = await arrange();
    await run(
      old,
      `insert into freehold.fh_gap (stream, address, from_ordinal, to_ordinal, cause, is_accepted, "at")
         values ('${stream}', null, 2, 3, 'slot-gone', false, now()), ('${stream}', '${orders.address}', 5, null, 'resync', true, now());
       insert into freehold.fh_pause values ('${stream}', 'user:test', now());
       insert into freehold.fh_inbox values ('${stream}', 'paused', 'an operator', now(), 9, 'P9', 'I', 12, 2, false);
       insert into freehold.fh_inbox_batch values ('${stream}', 1, '[]', 'P8', 6), ('${stream}', 2, '[]', 'P9', 6);
       insert into freehold.fh_inbox_part values ('${stream}', 1, 1, '${orders.address}', '{}', false, '\\x0001ff', null, null);
       insert into freehold.fh_former values ('${orders.address}', 'retail/sales/before', 3, now());
       insert into freehold.fh_clock values ('retail/sales/before', 1, now() - interval '1 day'), ('retail/sales/before', 4, now());
       insert into freehold.fh_watermark values ('${flags.address}', '${stream}', 'at', 'int', '7', 1);
       insert into freehold.fh_held values ('${orders.address}', '${stream}', 4, 1, now(), null);
       insert into freehold.fh_quality (address, check_name, outcome, failed, failed_total)
         values ('${orders.address}', 'present(note)', 'warned', 1, 3);
       insert into freehold.fh_quarantine values ('${orders.address}', 'retail__sales__shop', 'orders__quarantine', true);
       insert into freehold.fh_unread values ('${tags.address}', 'weight');
       alter table retail__sales__shop.orders add column former_name text;
       update retail__sales__shop.orders set former_name = 'kept ' || id;
       insert into freehold.fh_retired
         values ('${orders.address}', 'retail__sales__shop', 'orders', 'former_name', 'former_name', now())`,
    );
    await run(
      old,
      `create table retail__sales__shop.orders__quarantine (id text, note text, fh_ordinal bigint not null, fh_seq bigint not null,
         fh_op smallint not null, fh_key text not null, fh_check text, fh_at timestamptz not null, fh_order text, fh_by text);
       insert into retail__sales__shop.orders__quarantine values ('9', null, 4, 1, 1, 'v9|', 'present(note)', now(), 'release', 'user:test')`,
    );
    const { heldKeysTable } = await import('../capture/held/records.ts');
    await run(old, `create table freehold.${heldKeysTable(orders.address)} as select 3 as id`);
    await noteReader(old, stream, 'replicate:replica:sql:0:retail/sales/shop', 6n);
    await moveStream(old, now, moving, options);
    const noted = [...notesMoved.stream, ...notesMoved.address, heldKeysTable(orders.address)];
    const lines = async (c: Connection, schema: string, table: string) =>
      (await c.query(sql`select to_jsonb(t) - 'delta_from' as line from ${name(schema, table)} t`))
        .map(({ line }) => String(line))
        .sort();
    for (const table of noted) {
      const there = await lines(old, 'freehold', table);
      expect(await lines(now, 'freehold', table), table).toEqual(there);
      // A test of what is empty would show nothing.
      if (!['fh_tombstone', 'fh_erasure'].includes(table)) expect(there, table).not.toEqual([]);
    }
    expect(await lines(now, 'retail__sales__shop', 'orders__quarantine')).toHaveLength(1);
    expect(await lines(now, 'retail__sales__shop', 'orders')).toEqual(
      await lines(old, 'retail__sales__shop', 'orders'),
    );
    const [former] = await now.query(
      sql`select count(*)::int as n from freehold.fh_clock where stream = 'retail/sales/before'`,
    );
    expect(former?.n).toBe(1);
  });

  test('and every table in which something is noted of a stream or a dataset is thought of', async () => {
    const { old } = await arrange();
    const rows = await old.query(sql`select distinct table_name from information_schema.columns
      where table_schema = 'freehold' and column_name in ('stream', 'address')`);
    expect(rows.map((row) => String(row.table_name)).sort()).toEqual(
      [...notesMoved.stream, ...notesMoved.address, ...Object.keys(notesLeft)].sort(),
    );
  });

  test('with the changes that its readers still lack', async () => {
    const { old, now, write } = await arrange();
    await noteReader(old, stream, 'one', 6n);
    await noteReader(old, stream, 'other', 4n);
    await moveStream(old, now, moving, options);
    const { orders: of } = { orders: await tablesOf(now, orders) };
    expect(of.delta).toEqual(['2|b2|5|1', '3|~|5|0']);
    expect((await tablesOf(now, tags)).delta).toEqual(['1|x|7|6|1', '2|x|~|6|0']);
    expect((await loadedDatasets(now, stream)).get(orders.address)?.deltaFrom).toBe(4n);
    expect((await loadedDatasets(now, stream)).get(flags.address)?.deltaFrom).toBe(null);
    expect(write.held().ordinal).toBe(7n);
  });

  test('and its replicas follow it there by its changes alone', async () => {
    const { old, now, write } = await arrange([orders]);
    await write.merge(orders, put(1, 'a'), put(2, 'b'), put(3, 'c'), put(4, 'd'), put(5, 'e'));
    const replica = await fresh('replica');
    const copy = { ...orders, store: orders };
    await ensureTables(replica, [{ ...copy, keepsDelta: false }]);
    const node = replicateNode([copy], { stream });
    const follow = async (store: Connection, from: Checkpoint) => replicateOnce(store, replica, node, from);
    const first = await follow(old, await takeOver(replica, stream));
    expect(first.rows).toBe(5);
    await noteReader(old, stream, node.id, first.held.ordinal);
    await write.merge(orders, put(1, 'a2'));
    await moveStream(old, now, { ...moving, datasets: [orders] }, options);
    const there = await writer(now, await takeOver(now, stream));
    await there.merge(orders, gone(2, null));
    const second = await follow(now, first.held);
    expect([second.rows, second.caughtUp, second.held.ordinal]).toEqual([2, true, 3n]);
    expect(await rowsOf(replica, [orders])).toEqual(await rowsOf(now, [orders]));
  });

  test('and what was erased meanwhile is erased there, and stays so', async () => {
    const { old, now, write } = await arrange();
    let copied = 0;
    await moveStream(old, now, moving, {
      ...options,
      async hook(step) {
        // When all of it is there.
        if (step !== 'part moved' || ++copied < 8) return;
        await eraseRows(write.session, stream, orders, await givenKeys(write.session, orders, [['2']]), 'user:test');
        await eraseRows(write.session, stream, tags, await givenKeys(write.session, tags, [['1', 'x']]), 'user:test');
        await write.goOn();
      },
    });
    expect(await rowsOf(now)).toEqual(await rowsOf(old));
    expect((await tablesOf(now, tags)).current).toEqual(['1|y|2|2']);
    const there = await writer(now, await takeOver(now, stream));
    await there.merge(orders, put(2, 'is back'));
    expect((await tablesOf(now, orders)).current).toEqual(['1|a|1', '4|d|1']);
  });
});

describe('a move that is cut', () => {
  test('goes on with what is not there yet, at whichever step it was', async () => {
    const { old, now, write } = await arrange();
    const cut = new Error('cut');
    let copied = 0;
    const cutAt = (wanted: string, time: number) => {
      let times = 0;
      return moveStream(old, now, moving, {
        ...options,
        hook: (step) => {
          if (step === 'part moved') copied++;
          return step === wanted && ++times === time ? Promise.reject(cut) : Promise.resolve();
        },
      });
    };
    for (const [step, time] of [
      ['move begun', 1],
      ['part moved', 1],
      ['part moved', 3],
    ] as const) {
      await expect(cutAt(step, time)).rejects.toBe(cut);
      await write.merge(orders, put(1, `after ${step} ${time}`));
    }
    for (const step of ['move drew near', 'move compared', 'move committed']) {
      await expect(cutAt(step, 1)).rejects.toBe(cut);
      // The stream goes on where it is.
      await write.merge(orders, put(1, `after ${step}`), put(100, step));
      await write.merge(flags, gone(2, null), put(50, 't'));
    }
    await expect(cutAt('moved', 1)).rejects.toBe(cut);
    expect(await cutAt('nowhere', 1)).toMatchObject({ kind: 'moved', ordinal: write.held().ordinal });
    // The clock, four tables of current rows, three of closed versions: each once.
    expect(copied).toBe(8);
    expect(await rowsOf(now)).toEqual(await rowsOf(old));
  });

  test('is taken back where the stream is to stay after all, and done anew later', async () => {
    const { old, now, write } = await arrange();
    await moveStream(old, now, moving, options);
    await moveBack(old, [stream]);
    await takeOver(old, stream);
    await write.goOn();
    await write.merge(orders, put(1, 'stayed'), gone(2, null));
    await write.merge(flags, gone(3, null));
    await moveStream(old, now, moving, options);
    expect(await rowsOf(now)).toEqual(await rowsOf(old));
    expect((await tablesOf(now, orders)).current).toContain('1|stayed|8');
  });
});

test('a stream moves there and back, and to a third store, with all that came meanwhile', async () => {
  const { old, now } = await arrange();
  const third = await fresh('third');
  const stores = [now, old, third, now, third];
  let from: Store = old;
  let n = 0;
  for (const to of stores) {
    await moveStream(from, to, { ...moving, fromPlace: `store ${n}`, toPlace: `store ${++n}` }, options);
    const there = await writer(to, await takeOver(to, stream));
    await there.merge(orders, put(1, `in ${n}`), put(100 + n, 'new'));
    await there.merge(tags, put(1, 'x', n), gone(1, 'y', null));
    await there.merge(flags, put(2, n % 2 === 0 ? 't' : 'f'), gone(3, null));
    await there.session[Symbol.asyncDispose]();
    from = to;
  }
  expect((await tablesOf(from, orders)).history.filter((line) => line.startsWith('1|'))).toEqual([
    ...['1|a|1|8', '1|in 1|8|11', '1|in 2|11|14', '1|in 3|14|17', '1|in 4|17|20'],
  ]);
  expect((await tablesOf(from, orders)).current).toContain('1|in 5|20');
});

describe('a stream does not move', () => {
  test('where the new store has rows of it already that came otherwise', async () => {
    const { old, now } = await arrange();
    const there = await openStream(now, all);
    await recordLoaded(now, stream, orders.address, { completeFrom: 1n, position: null, deltaFrom: null });
    const other = await writer(now, there);
    await other.merge(orders, put(1, 'another'));
    const refused = await moveStream(old, now, moving, options);
    expect(refused).toMatchObject({
      kind: 'refused',
      why: "'postgres new' has rows of stream 'retail/sales/shop' already, which did not come from 'postgres old' by a move: they might be newer, or another environment's.",
    });
    expect((await tablesOf(now, orders)).current).toEqual(['1|another|1']);
    // What the finding says to do.
    const help = refused.kind === 'refused' ? (/update [^;]+;/.exec(refused.help)?.[0] ?? '') : '';
    await run(now, help);
    expect(await moveStream(old, now, moving, options)).toMatchObject({ kind: 'moved' });
    expect(await rowsOf(now)).toEqual(await rowsOf(old));
  });

  test('where the old store is not what it was', async () => {
    const { now } = await arrange();
    const other = await fresh('other');
    expect(await moveStream(other, now, moving, options)).toMatchObject({ kind: 'refused', mayBeLeft: true });
    expect(
      await other.query(sql`select schema_name from information_schema.schemata where schema_name = 'freehold'`),
    ).toEqual([]);
  });

  test('where a table is in the way that is not its own', async () => {
    const { old, now } = await arrange();
    await run(now, 'create schema retail__sales__shop; create table retail__sales__shop.tags (mine int)');
    expect(await moveStream(old, now, moving, options)).toEqual({
      kind: 'refused',
      why: 'a table "retail__sales__shop"."tags" is there already, which freehold did not make.',
      help: 'Rename that table, or drop it, then apply again.',
    });
  });

  test('where its tombstones would mean nothing', async () => {
    const { old, now, write } = await arrange();
    await eraseRows(write.session, stream, orders, await givenKeys(write.session, orders, [['2']]), 'user:test');
    await write.session.execute(sql`select 1`);
    await openStream(now, [{ ...orders, address: 'retail/other/x.orders', schema: 'other' }]);
    await run(now, `insert into freehold.fh_secret values ('tombstones', 'of its own')`);
    await run(now, 'delete from freehold.fh_checkpoint');
    const refused = await moveStream(old, now, moving, options);
    expect(refused.kind === 'refused' && refused.why).toContain('a secret of its own');
    expect(await readCheckpoint(now, stream)).toBe(null);
  });

  test('where what was copied is not what is there: it goes on where it is, and is copied anew', async () => {
    const { old, now, write } = await arrange();
    const other = await now.again();
    onTestFinished(() => other[Symbol.asyncDispose]());
    await write.merge(orders, put(8, 'h'));
    const tampered = moveStream(old, now, moving, {
      ...options,
      async hook(step) {
        if (step !== 'part moved') return;
        await run(other, "update retail__sales__shop.orders set note = 'other' where id = 1");
      },
    });
    await expect(tampered).rejects.toThrow(
      "current rows of dataset 'retail/sales/shop.orders' differ after they were copied into the store that it moves to: 4 there, 4 here, with other values.",
    );
    await write.merge(orders, put(9, 'i'));
    expect(await moveStream(old, now, moving, options)).toMatchObject({ kind: 'moved', ordinal: 9n });
    expect(await rowsOf(now)).toEqual(await rowsOf(old));
  });

  test('where nothing of it is loaded: it is loaded where it is to be', async () => {
    const [old, now] = [await fresh('old'), await fresh('new')];
    await openStream(old, all);
    expect(await moveStream(old, now, moving, options)).toEqual({ kind: 'nothing' });
    expect(await readCheckpoint(now, stream)).toBe(null);
    await expect(takeOver(old, stream)).rejects.toThrow(Superseded);
  });
});

test('what is left in the old store can be dropped with the words that are told', async () => {
  const { old, now } = await arrange();
  const moved = await moveStream(old, now, moving, options);
  const left = moved.kind === 'moved' ? moved.left : [];
  await run(old, left.join(' '));
  const rows = await old.query(
    sql`select table_name from information_schema.tables where table_schema = 'retail__sales__shop'`,
  );
  expect(rows).toEqual([]);
  // And it may come back.
  await takeOver(now, stream);
  expect(await moveStream(now, old, { ...moving, fromPlace: 'new', toPlace: 'old' }, options)).toMatchObject({
    kind: 'moved',
    ordinal: 7n,
  });
  expect(await rowsOf(old)).toEqual(await rowsOf(now));
});
