import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { connect } from '../../engines/duckdb/connection.ts';
import type { ReplicaDataset } from '../../plan/plan.ts';
import { list, name, type Sql, sql } from '../../sql/sql.ts';
import { recordLoaded } from '../bookkeeping.ts';
import { type Checkpoint, Fenced, stillOurs, takeOver } from '../checkpoint.ts';
import { purgeDelta } from '../purge/delta.ts';
import { replicateOnce } from '../replicate/replicate.ts';
import { ensureTables } from '../tables.ts';
import { tablesWithText } from '../testing/everywhere.ts';
import { dataset, freshStore, mergeChanges, openStream, run, type Staged, tablesOf } from '../testing/fixture.ts';
import { replicateNode } from '../testing/nodes.ts';
import { type Row, random, reference, referenceTables, step, transaction } from '../testing/reference.ts';
import { eraseRows } from './erase.ts';
import { givenKeys } from './keys.ts';

const stream = 'retail/sales/shop';
const items = dataset('items', ['id'], {
  id: 'int32',
  label: 'text?',
  amount: 'decimal?',
  ratio: 'float64?',
  body: 'json?',
});
const whole: ReplicaDataset = { ...items, store: items };

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

/** Each value of a row says whose it is. */
const marked = ([id, label, amount, ratio, body]: Row): Row => [
  id,
  label === null ? null : `${label} of p${id}p`,
  amount,
  ratio,
  body,
];

test(`erased at random beside a random log, keys are nowhere, and all else is as if they had never been (seed ${seed})`, async () => {
  const rnd = random(seed);
  await using store = await freshStore('store');
  await using eraser = await store.again();
  const replicas = [
    { of: whole, c: await freshStore('split'), often: 0.5 },
    { of: { ...whole, layout: 'live' as const }, c: await freshStore('live'), often: 0.5 },
    { of: whole, c: await freshStore('slow'), often: 0.04 },
    { of: whole, c: await freshDuck(), often: 0.15 },
  ];
  onTestFinished(async () => {
    for (const { c } of replicas) await c[Symbol.asyncDispose]();
  });
  let held = await openStream(store, [items]);
  await recordLoaded(store, stream, items.address, { completeFrom: 0n, position: null, deltaFrom: 0n });
  const at = new Map<Connection, Checkpoint>();
  for (const { c, of } of replicas) {
    await ensureTables(c, [{ ...of, keepsDelta: false }]);
    at.set(c, await takeOver(c, stream));
  }
  const follow = async (of: ReplicaDataset, c: Connection) => {
    const node = replicateNode([of], { stream });
    at.set(c, (await replicateOnce(store, c, node, must(at.get(c), 'held'))).held);
  };

  const rows = new Map<number, Row>();
  const states: { readonly ordinal: bigint; readonly rows: ReadonlyMap<number, Row> }[] = [];
  const erased = new Set<number>();
  for (let i = 0; i < 120; i++) {
    const count = 1 + Math.floor(rnd() ** 3 * 12);
    const log: (readonly Staged[])[] = [];
    const after: ReadonlyMap<number, Row>[] = [];
    for (let n = 0; n < count; n++) {
      const before = new Map(rows);
      log.push(markedLog(transaction(rnd, 0n, rows), before));
      after.push(new Map([...rows].map(([id, row]) => [id, marked(row)])));
    }
    const keys = rnd() < 0.12 ? someKeys(rows) : [];
    const erasing = async () => {
      if (keys.length === 0) return;
      const named = await givenKeys(
        eraser,
        items,
        keys.map((key) => [String(key)]),
      );
      await eraseRows(eraser, stream, items, named, 'user:test');
      for (const key of keys) erased.add(key);
    };
    const merging = async () => {
      for (;;) {
        const first = held.ordinal + 1n;
        const changes = log.flatMap((changes, n) =>
          changes.map((change) => ({ ...change, ordinal: first + BigInt(n) })),
        );
        try {
          held = (await mergeChanges(store, items, held, changes, held.ordinal + BigInt(count))).held;
          for (const [n, one] of after.entries()) states.push({ ordinal: first + BigInt(n), rows: one });
          return;
        } catch (failure) {
          if (!(failure instanceof Fenced)) throw failure;
          held = must(await stillOurs(store, held), 'a stream that is still ours');
        }
      }
    };
    // Side by side: whoever comes second waits, or is fenced.
    await Promise.all([merging(), erasing()]);
    if (rnd() < 0.15) await run(store, 'update freehold.fh_delta_range set rows = 1000000');
    if (rnd() < 0.15) await purgeDelta(store, items, held.ordinal);
    for (const { of, c, often } of replicas) if (rnd() < often) await follow(of, c);
  }
  held = must(await stillOurs(store, held), 'a stream that is still ours');
  for (const { of, c } of replicas) for (let i = 0; i < 5; i++) await follow(of, c);
  const late = { of: whole, c: await freshStore('late') };
  await ensureTables(late.c, [{ ...late.of, keepsDelta: false }]);
  at.set(late.c, await takeOver(late.c, stream));
  await follow(late.of, late.c);

  expect(erased.size).toBeGreaterThan(5);
  const kept = reference();
  for (const { ordinal, rows: then } of states)
    step(kept, ordinal, new Map([...then].filter(([id]) => !erased.has(id))));
  const expected = referenceTables(kept);
  const whatIs = await tablesOf(store, { ...items, keepsDelta: false });
  expect(whatIs).toEqual({ ...expected, delta: [] });
  for (const { c, of } of [...replicas.slice(0, 3), late]) {
    const tables = await tablesOf(c, { ...of, keepsDelta: false, from: items.from, appendOnly: false });
    if (of.layout === 'split') expect(tables).toEqual({ ...expected, delta: [] });
    else expect(tables.current.map(withoutOrdinal)).toEqual(expected.current.map(withoutOrdinal));
    expect(must(at.get(c), 'held').erased).toBe(held.erased);
  }
  const duck = must(replicas[3], 'duck').c;
  expect(await canonicalOf(duck)).toEqual(await canonicalOf(store));
  for (const c of [store, ...replicas.map((replica) => replica.c), late.c])
    expect(
      await tablesWithText(
        c,
        [...erased].map((key) => `p${key}p`),
      ),
    ).toEqual([]);
  await late.c[Symbol.asyncDispose]();

  function someKeys(among: ReadonlyMap<number, Row>): readonly number[] {
    const known = [...among.keys()];
    const picked = known.filter(() => rnd() < 0.1);
    // Or one that is not here, perhaps not yet.
    return picked.length > 0 ? picked : [Math.floor(rnd() * 25)];
  }
}, 240_000);

/** A live replica's rows are from wherever it came to them. */
function withoutOrdinal(line: string): string {
  return line.slice(0, line.lastIndexOf('|'));
}

/** As the log would say it of marked rows; a row that was moved comes whole, for what it left out may have been erased. */
function markedLog(changes: readonly Staged[], before: ReadonlyMap<number, Row>): readonly Staged[] {
  const now = new Map<number, Row>(before);
  let gone: Row | undefined;
  return changes.map((change): Staged => {
    const id = Number(change.row[0]);
    if (change.op === 'delete') {
      gone = now.get(id);
      now.delete(id);
      return change;
    }
    const isMoved = !now.has(id) && change.unchanged !== undefined;
    const left = change.unchanged === undefined ? change.row[4] : (now.get(id) ?? gone)?.[4];
    const [, label, amount, ratio] = change.row.map((field) => (field === null ? null : String(field)));
    const row: Row = [
      id,
      label ?? null,
      amount ?? null,
      ratio ?? null,
      left === undefined || left === null ? null : String(left),
    ];
    now.set(id, row);
    gone = undefined;
    if (isMoved) return { ordinal: change.ordinal, op: 'upsert', row: marked(row) };
    return { ...change, row: change.unchanged === undefined ? marked(row) : marked(row).with(4, null) };
  });
}

/** Current rows and versions as canonical text, which is equal on every engine. */
async function canonicalOf(c: Connection): Promise<readonly string[]> {
  const texts = items.columns.map(
    (column) => sql`coalesce(${c.types.canonicalText(column.type, sql`${name(column.name)}`)}, '~')`,
  );
  const of = async (table: string, header: Sql) =>
    (
      await c.query(sql`select concat_ws('|', ${list(texts)}, ${header}) as row_text from ${name(items.schema, table)}`)
    ).map((row) => String(row.row_text));
  return [...(await of(items.current, sql`fh_from`)), '', ...(await of(items.history, sql`fh_from, fh_to`))].sort();
}

async function freshDuck(): Promise<Connection> {
  const room = await mkdtemp(join(tmpdir(), 'freehold-flow-'));
  onTestFinished(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));
  const file = join(room, 'replica.duckdb');
  return connect({ engine: 'duckdb', label: 'duckdb replica', fields: { file, memory_limit: '500MB', threads: 2 } });
}
