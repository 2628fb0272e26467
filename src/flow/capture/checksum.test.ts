import { afterEach, expect, test } from 'vitest';
import { capture } from '../../engines/postgres/capture.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { sql } from '../../sql/sql.ts';
import { type Checkpoint, takeOver } from '../checkpoint.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, run } from '../testing/fixture.ts';
import { streamNode } from '../testing/nodes.ts';
import { readSnapshot } from './snapshot.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const numbered = dataset('numbered', ['id'], { id: 'int64', note: 'text?' });
const named = dataset('named', ['part', 'code'], { part: 'int32', code: 'text', note: 'text?' });

async function arrange(...datasets: readonly StreamDataset[]) {
  const source = await freshStore('source');
  const store = await freshStore('store');
  open.push(source, store);
  await run(
    source,
    `create table public.numbered (id bigint, note text);
     insert into public.numbered select n * 16, 'note ' || n from generate_series(1, 20000) n;
     create table public.named (part integer, code text, note text);
     insert into public.named select n % 7, 'code ' || n, 'note' from generate_series(1, 20000) n`,
  );
  const node = streamNode(datasets, {
    mode: 'snapshot',
    reading: { kind: 'snapshot', maxDeleted: 0.2, compare: 'checksum' },
  });
  await ensureTables(store, datasets);
  let held: Checkpoint = await takeOver(store, node.stream);
  const read = async () => {
    const outcome = await readSnapshot(source, capture, store, node, held, Date.UTC(2026, 0, 1));
    held = outcome.held;
    return outcome;
  };
  await read();
  return { source, store, read };
}

test('only rows of parts that differ come over, where all engines hash alike and where they do not', async () => {
  const { source, store, read } = await arrange(numbered, named);
  expect(await read()).toMatchObject({ kind: 'unchanged', rows: { [numbered.address]: 0, [named.address]: 0 } });
  const scattered = `update public.numbered set note = 'new' where id % 80000 = 16; delete from public.numbered where id = 3200;
    insert into public.numbered values (-5, null)`;
  await run(source, `${scattered}; update public.named set note = null where code in ('code 7', 'code 19999')`);
  const { rowHash, ...plain } = store.types;
  expect(rowHash).toBeDefined();
  const outcome = await read();
  expect(outcome).toMatchObject({
    kind: 'merged',
    changes: {
      [numbered.address]: 6,
      [named.address]: 2,
    },
  });
  for (const rows of Object.values(outcome.rows)) expect(rows).toBeLessThan(6 * 60);
  Object.assign(store, { types: plain });
  await run(
    source,
    `update public.numbered set note = '|' where id = 16; update public.named set code = 'other' where code = 'code 8'`,
  );
  const text = await read();
  expect(text).toMatchObject({
    kind: 'merged',
    changes: { [numbered.address]: 1, [named.address]: 2 },
  });
  for (const rows of Object.values(text.rows)) expect(rows).toBeLessThan(3 * 60);
  const [a, b] = [await source.query(bag('public.numbered')), await store.query(bag('retail__sales__shop.numbered'))];
  expect(a).toEqual(b);
});

test('where nearly all differ, all are read at once', async () => {
  const { source, read } = await arrange(numbered);
  await run(source, "update public.numbered set note = 'all'");
  expect(await read()).toMatchObject({
    kind: 'merged',
    rows: { [numbered.address]: 20_000 },
    changes: { [numbered.address]: 20000 },
  });
});

test('a mass delete is held, and a key that is shared or null is named', async () => {
  const { source, read } = await arrange(numbered, named);
  await run(source, 'delete from public.numbered where id > 200000');
  expect(await read()).toMatchObject({
    kind: 'held',
    findings: [{ rule: 'mass-delete-held', address: numbered.address }],
  });
  await run(source, "delete from public.numbered; insert into public.named values (1, 'code 1', 'again')");
  expect((await read()).findings.map(({ message }) => message)).toEqual([
    expect.stringContaining('has 20000 rows here, and the source has none'),
  ]);
  await run(source, "insert into public.numbered select n * 16, 'note ' || n from generate_series(1, 20000) n");
  expect((await read()).findings.map(({ message }) => message)).toEqual([
    expect.stringContaining("2 rows of 'retail/sales/shop.named' at the source share the key part=1, code=code 1"),
  ]);
  await run(source, "delete from public.named where note = 'again'; insert into public.numbered values (null, 'x')");
  expect((await read()).findings.map(({ message }) => message)).toEqual([
    expect.stringContaining('has no key: id=null'),
  ]);
  await run(source, 'delete from public.numbered where id is null');
  expect(await read()).toMatchObject({ kind: 'unchanged', held: { ordinal: 1n } });
});

function bag(table: 'public.numbered' | 'retail__sales__shop.numbered') {
  return table === 'public.numbered'
    ? sql`select count(*)::integer as n, sum(hashtext(r.id || ' ' || coalesce(r.note, '~')))::text as s from public.numbered r`
    : sql`select count(*)::integer as n, sum(hashtext(r.id || ' ' || coalesce(r.note, '~')))::text as s from retail__sales__shop.numbered r`;
}
