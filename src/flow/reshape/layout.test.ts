import { expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { tableName } from '../../plan/names.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { literal, name, sql, value } from '../../sql/sql.ts';
import { recordLoaded } from '../bookkeeping.ts';
import { type Checkpoint, Fenced, moveOn, readCheckpoint, takeOver } from '../checkpoint.ts';
import { eraseRows } from '../erase/erase.ts';
import { givenKeys } from '../erase/keys.ts';
import { closeGap, noteGap } from '../gaps.ts';
import { dropWithin, publish, publishWithin } from '../publish/publish.ts';
import { group, view } from '../publish/testing/group.ts';
import { purgeHistory } from '../purge/history.ts';
import { rowCheck } from '../quality/testing/checks.ts';
import { buildKey, ensureTables } from '../tables.ts';
import { dataset, freshStore, mergeChanges, openStream, run, type Staged, tablesOf } from '../testing/fixture.ts';
import { checkVersions } from '../verify/versions.ts';
import { asItRests } from '../versions.ts';
import { dropLeft, putTogether, setApart } from './layout.ts';
import { prepareTypes, swapTypes, type Views } from './reshape.ts';
import { noteRetired, purgeRetired } from './retired.ts';
import type { SwitchOptions } from './switch.ts';
import { type Switching, switchingIn } from './switching.ts';

const stream = 'retail/sales/shop';
const kept = { keepsDelta: false, retentionMs: 86_400_000 } as const;
const columns = { id: 'int32', note: 'text?' };
const split = dataset('items', ['id'], columns, kept);
const inOne: StreamDataset = { ...split, layout: 'history' };
const live: StreamDataset = { ...split, layout: 'live' };

const row = (ordinal: bigint, id: number, ...rest: (string | number | null)[]): Staged => ({
  ordinal,
  op: 'upsert',
  row: [id, ...rest],
});
const gone = (ordinal: bigint, id: number): Staged => ({ ordinal, op: 'delete', row: [id, null] });

/** Row 1 changed at 2 and 3, row 2 went at 2, row 3 came at 3. */
const versions = {
  current: ['1|c|3', '3|z|3'],
  history: ['1|a|1|2', '1|b|2|3', '2|x|1|2'],
  delta: [],
};

async function arrange(one: StreamDataset) {
  const c = await freshStore();
  onTestFinished(() => c[Symbol.asyncDispose]());
  let held = await openStream(c, [one]);
  await recordLoaded(c, stream, one.address, { completeFrom: 1n, position: null, deltaFrom: null });
  held = await merged(c, one, held, [row(1n, 1, 'a'), row(1n, 2, 'x')], 1n);
  held = await merged(c, one, held, [row(2n, 1, 'b'), gone(2n, 2)], 2n);
  held = await merged(c, one, held, [row(3n, 1, 'c'), row(3n, 3, 'z')], 3n);
  return { c, held };
}

/** As a process merges that began by the plan as it is. */
async function merged(c: Connection, one: StreamDataset, held: Checkpoint, changes: readonly Staged[], to: bigint) {
  const [ensured = one] = await ensureTables(c, [one]);
  return (await mergeChanges(c, ensured, held, changes, to)).held;
}

const noViews: Views = { schemas: [], drop: () => Promise.resolve(), publish: () => Promise.resolve([]) };

/** What an apply does of it. */
async function applied(
  c: Connection,
  table: StreamDataset,
  views: Views = noViews,
  options: SwitchOptions = {},
): Promise<readonly Finding[]> {
  const all = [{ stream, table }];
  await ensureTables(c, [table], 'left');
  const whole = {
    ...views,
    drop: async () => {
      await views.drop();
      await dropLeft(c, [table]);
    },
  };
  const findings = [...(await setApart(c, all, options)), ...(await prepareTypes(c, all))];
  await noteRetired(c, all);
  findings.push(...(await swapTypes(c, all, whole)), ...(await putTogether(c, all, whole, options)));
  return findings;
}

async function tablesIn(c: Connection) {
  const rows = await c.query(sql`select table_name || case table_type when 'VIEW' then ' (view)' else '' end as of
    from information_schema.tables where table_schema = 'retail__sales__shop' order by 1`);
  return rows.map(({ of }) => of);
}

const together = ['fh_every_items (view)', 'items (view)', 'items__history (view)', 'items__versions'];
const asTwo = ['items', 'items__history'];

function shown(table: StreamDataset) {
  const shows = { name: 'items', stream, table, columns: table.columns.map((column) => column.name), history: true };
  return group({ views: [view(shows)] });
}

function viewsOf(c: Connection, node: ReturnType<typeof group>): Views {
  return { schemas: [node.schema], drop: () => dropWithin(c, node), publish: () => publishWithin(c, node) };
}

test('in layout history all versions are in one table, and a current row is one without an end', async () => {
  const { c } = await arrange(inOne);
  expect(await tablesIn(c)).toEqual(together);
  expect(await tablesOf(c, inOne)).toEqual(versions);
  const [count] = await c.query(sql`select count(*)::int as n, count(*) filter (where fh_to is null)::int as open
    from retail__sales__shop.items__versions`);
  expect(count).toEqual({ n: 5, open: 2 });
  await expect(run(c, 'insert into retail__sales__shop.items (id) values (3)')).rejects.toThrow(
    'items__versions__open',
  );
  expect(await checkVersions(c, stream, 'store', inOne, { pace: () => Promise.resolve() })).toMatchObject({
    versions: 5,
    problems: 0,
  });
});

test('a layout is switched back and forth, and no version is another than it was; whoever merges by the one before is fenced', async () => {
  const { c, held } = await arrange(live);
  expect(await tablesIn(c)).toEqual(['items']);
  const rowsAlone = { current: versions.current, history: [] as string[], delta: [] };
  let at = held;
  let expected: typeof rowsAlone = rowsAlone;
  let fenced = 0;
  for (const [table, tables] of [
    [inOne, together],
    [split, asTwo],
    [inOne, together],
    [inOne, together],
    [split, asTwo],
    // Asked for until now: it is kept for thirty days on.
    [live, asTwo],
    [inOne, together],
    [live, asTwo],
  ] as const) {
    const before = await asItRests(c, table);
    const was = (await tablesIn(c)).join();
    expect(await applied(c, table)).toEqual([]);
    expect(await tablesIn(c)).toEqual(tables);
    expect(await tablesOf(c, split)).toEqual(expected);
    const ordinal = at.ordinal + 1n;
    if ((await tablesIn(c)).join() !== was) {
      const late = mergeChanges(c, before, at, [row(ordinal, 1, 'late')], ordinal);
      await expect(late).rejects.toThrow(Fenced);
      fenced++;
    }
    const [now] = await c.query(sql`select epoch::text as epoch from freehold.fh_checkpoint`);
    at = await merged(
      c,
      table,
      { ...at, epoch: BigInt(String(now?.epoch)) },
      [row(ordinal, 1, `v${ordinal}`)],
      ordinal,
    );
    const last = expected.current.find((line) => line.startsWith('1|')) ?? '';
    expected = {
      ...expected,
      current: [`1|v${ordinal}|${ordinal}`, '3|z|3'],
      history: [...expected.history, `${last}|${ordinal}`].sort(),
    };
  }
  expect(fenced).toBe(6);
  // The thirty days are over.
  await run(c, "update freehold.fh_retention set until = now() - interval '1 day' where until is not null");
  expect((await ensureTables(c, [live])).map(({ layout }) => layout)).toEqual(['live']);
  expect(await c.query(sql`select complete_from = ${literal(at.ordinal)} as is_said from freehold.fh_dataset`)).toEqual(
    [{ is_said: true }],
  );
});

test('readers see the same before and after, as of any instant, and read one table where there is one', async () => {
  const { c } = await arrange(split);
  const node = shown(split);
  expect(await publish(c, node)).toEqual([]);
  const seen = async () => ({
    current: await c.query(sql`select * from ${name(node.schema, 'items')} order by id`),
    history: await c.query(sql`select * from ${name(node.schema, 'items_history')} order by id, fh_from`),
    asOf: await c.query(
      sql`select * from ${name(node.schema, 'items_as_of')}('2026-01-01 00:00:00.002+00') order by id`,
    ),
  });
  const before = await seen();
  expect(before.asOf).toEqual([{ id: 1, note: 'b' }]);
  const plan = async () => {
    await run(c, 'set enable_seqscan = off');
    const rows =
      await c.query(sql`explain (costs off) select id, fh_from, fh_to from ${name(node.schema, 'items_history')}
      where id = 1 and fh_from <= 2`);
    return rows.map((line) => String(line['QUERY PLAN'])).filter((line) => line.includes('Index Cond: (('));
  };
  expect(await applied(c, inOne, viewsOf(c, node))).toEqual([]);
  expect(await seen()).toEqual(before);
  expect(await plan()).toEqual([expect.stringContaining('(id = 1) AND (fh_from <= ')]);
  expect(await publish(c, node)).toEqual([]);
  expect(await seen()).toEqual(before);
  // What is between the two steps of an apply.
  expect(await setApart(c, [{ stream, table: split }])).toEqual([]);
  expect(await seen()).toEqual(before);
  expect(await tablesIn(c)).toEqual([
    'fh_left_fh_every_items (view)',
    'fh_left_items (view)',
    'fh_left_items__history (view)',
    ...asTwo,
  ]);
  expect(await applied(c, split, viewsOf(c, node))).toEqual([]);
  expect(await seen()).toEqual(before);
  expect(await tablesIn(c)).toEqual(asTwo);
});

test('a column changes its type in one table of versions, under views', async () => {
  const { c } = await arrange(inOne);
  const node = shown(inOne);
  expect(await publish(c, node)).toEqual([]);
  const wider = dataset('items', ['id'], { id: 'int64', note: 'text?' }, { ...kept, layout: 'history' });
  expect(await applied(c, wider, viewsOf(c, shown(wider) && { ...node, views: shown(wider).views }))).toEqual([]);
  expect(await tablesIn(c)).toEqual(together);
  expect(await tablesOf(c, wider)).toEqual(versions);
  const types = await c.query(
    sql`select distinct pg_typeof(id)::text as id from ${name(node.schema, 'items_history')}`,
  );
  expect(types).toEqual([{ id: 'bigint' }]);
  await buildKey(c, await asItRests(c, wider));
  await expect(run(c, 'insert into retail__sales__shop.items (id) values (3)')).rejects.toThrow(
    'items__versions__open',
  );
});

test('a column that joins has its default in current rows alone; one that goes is shown no longer, and purged in time', async () => {
  const { c, held } = await arrange(inOne);
  const joined = dataset('items', ['id'], { ...columns, size: 'int32?' }, { ...kept, layout: 'history' });
  const more: StreamDataset = {
    ...joined,
    columns: joined.columns.map((column) => (column.name === 'size' ? { ...column, absent: '7' } : column)),
  };
  expect(await applied(c, more)).toEqual([]);
  expect(await tablesOf(c, more)).toEqual({
    current: ['1|c|7|3', '3|z|7|3'],
    history: ['1|a|~|1|2', '1|b|~|2|3', '2|x|~|1|2'],
    delta: [],
  });
  expect(await c.query(sql`select column_name as of from freehold.fh_unread`)).toEqual([{ of: 'size' }]);
  await merged(c, more, held, [row(4n, 1, 'd', 8)], 4n);
  expect(await applied(c, inOne)).toEqual([]);
  expect(await tablesOf(c, inOne)).toMatchObject({ current: ['1|d|4', '3|z|3'] });
  const having = sql`select table_name as of from information_schema.columns
    where table_schema = 'retail__sales__shop' and column_name = 'size'`;
  expect(await c.query(having)).toEqual([{ of: 'items__versions' }]);
  // With the rows it goes along, from one form to the other.
  expect(await applied(c, split)).toEqual([]);
  expect(await c.query(sql`select size from retail__sales__shop.items order by id`)).toEqual([
    { size: 8 },
    { size: 7 },
  ]);
  expect(await applied(c, inOne)).toEqual([]);
  expect(await purgeRetired(c, inOne, Date.now() + 40 * 86_400_000)).toEqual([]);
  expect(await c.query(having)).toEqual([]);
});

test('what a column that joins says of rows from before is written into them while they are read', async () => {
  const { c } = await arrange(inOne);
  await using reader = await c.again();
  await run(reader, "set lock_timeout = '200ms'");
  const joined = dataset('items', ['id'], { ...columns, size: 'int32?' }, { ...kept, layout: 'history' });
  const more: StreamDataset = {
    ...joined,
    columns: joined.columns.map((column) => (column.name === 'size' ? { ...column, absent: '7' } : column)),
  };
  let read: unknown = null;
  const watched: Connection = {
    ...c,
    async execute(statement) {
      const done = await c.execute(statement);
      if (statement.texts.some((text) => text.includes('r.fh_to is null')))
        read = await reader.query(sql`select id, size from retail__sales__shop.items order by id`);
      return done;
    },
  };
  await ensureTables(watched, [more]);
  expect(read).toEqual([
    { id: 1, size: null },
    { id: 3, size: null },
  ]);
  const whole = sql`select id, size from retail__sales__shop.items order by id`;
  expect(await c.query(whole)).toEqual([
    { id: 1, size: 7 },
    { id: 3, size: 7 },
  ]);
  // Once: what is null from now on was so at the source.
  await run(c, 'update retail__sales__shop.items set size = null where id = 3');
  await ensureTables(c, [more]);
  expect(await c.query(whole)).toEqual([
    { id: 1, size: 7 },
    { id: 3, size: null },
  ]);
});

test('rows are erased and versions purged where they are all in one table', async () => {
  const { c } = await arrange(inOne);
  const erased = await eraseRows(c, stream, inOne, await givenKeys(c, inOne, [['1']]), 'somebody');
  expect(erased).toEqual({
    ordinal: 4n,
    keys: 1,
    gone: [{ place: 'current rows and closed versions', rows: 3 }],
  });
  expect(await tablesOf(c, inOne)).toEqual({ current: ['3|z|3'], history: ['2|x|1|2'], delta: [] });
  const later = Date.UTC(2026, 0, 1) + 40 * 86_400_000;
  expect(await purgeHistory(c, inOne, null, later)).toBe(1);
  expect(await tablesOf(c, inOne)).toEqual({ current: ['3|z|3'], history: [], delta: [] });
});

test('what others have built on the tables is in the way of a switch, and named', async () => {
  const { c } = await arrange(split);
  await run(c, 'create view public.mine as select id from retail__sales__shop.items');
  const [blocked, ...others] = await applied(c, inOne);
  expect(others).toEqual([]);
  expect([blocked?.rule, blocked?.message]).toEqual([
    'has-dependants',
    `the layout of dataset 'retail/sales/shop.items' is to change, and others have built on its tables in schema "retail__sales__shop": view public.mine depends on table retail__sales__shop.items. Nothing of it was changed.`,
  ]);
  expect(await tablesIn(c)).toEqual(asTwo);
  expect(await tablesOf(c, split)).toEqual(versions);
});

/** All that is noted of a stream, but who owns it; and what others see of the tables. */
async function noted(c: Connection) {
  const tables = await c.query(sql`select table_name as named from information_schema.tables
    where table_schema = 'freehold' and table_name not in ('fh_owner') order by 1`);
  const found: Record<string, unknown> = {};
  for (const { named } of tables) {
    const rows = await c.query(
      sql`select (to_jsonb(t) - 'epoch')::text as line from ${name('freehold', String(named))} t order by 1`,
    );
    if (rows.length > 0) found[String(named)] = rows.map(({ line }) => line);
  }
  const waiting = await c.query(
    sql`select to_jsonb(q)::text as line from retail__sales__shop.items__quarantine q order by 1`,
  );
  return { ...found, waiting };
}

/** A session that is gone after so many statements, as that of a process that is killed is. */
function cutAfter(c: Connection, statements: number): Connection {
  let left = statements;
  const counted = <T>(run: () => Promise<T>): Promise<T> =>
    left-- > 0 ? run() : Promise.reject(new Error('cut between two statements'));
  return {
    ...c,
    query: (statement) => counted(() => c.query(statement)),
    execute: (statement) => counted(() => c.execute(statement)),
  };
}

test('cut between any two statements of a switch, there and back, nothing that is noted or seen is another, and the next goes on', {
  timeout: 120_000,
}, async () => {
  const checked: StreamDataset = { ...split, keepsDelta: true, checks: [rowCheck('present', 'note', 'divert')] };
  const { c, held } = await arrange(checked);
  const [ensured = checked] = await ensureTables(c, [checked]);
  // Of row 4 a change waits, row 5 is erased, a gap was mended, and versions wait to be purged.
  const changes = [row(4n, 4, 'd'), row(4n, 5, 'e'), row(5n, 4, null), row(5n, 1, 'd')];
  await mergeChanges(c, ensured, held, changes, 5n);
  await eraseRows(c, stream, checked, await givenKeys(c, checked, [['5']]), 'somebody');
  await noteGap(c, stream, { address: null, cause: 'slot-gone', isAccepted: false });
  await closeGap(c, stream, { address: null }, 6n);
  await noteGap(c, stream, { address: checked.address, cause: 'resync', isAccepted: true });
  const node = shown(checked);
  expect(await publish(c, node)).toEqual([]);
  const seen = async () => {
    const at = [1, 2, 3, 4, 5].map((ms) => `2026-01-01 00:00:00.00${ms}+00`);
    const asOf = [];
    for (const instant of at)
      asOf.push(await c.query(sql`select * from ${name(node.schema, 'items_as_of')}(${value(instant)}) order by id`));
    return {
      asOf,
      current: await c.query(sql`select * from ${name(node.schema, 'items')} order by id`),
      history: await c.query(sql`select * from ${name(node.schema, 'items_history')} order by id, fh_from`),
      tables: await tablesOf(c, checked),
      noted: await noted(c),
    };
  };
  const before = await seen();
  expect(before.tables.current).toEqual(['1|d|5', '3|z|3', '4|d|4']);
  let cuts = 0;
  for (const layout of ['history', 'split'] as const) {
    const all = [{ stream, table: { ...checked, layout } }];
    for (let statements = 0; ; statements++) {
      await using session = await c.again();
      const cut = cutAfter(session, statements);
      const switched = async () => [
        ...(await setApart(cut, all)),
        ...(await putTogether(cut, all, viewsOf(cut, node))),
      ];
      const done = await switched().catch((failure: unknown) => failure);
      expect(await seen()).toEqual(before);
      if (Array.isArray(done)) {
        expect(done).toEqual([]);
        break;
      }
      expect(String(done)).toContain('cut between');
      cuts++;
    }
    const tables = layout === 'history' ? together : asTwo;
    expect(new Set(await tablesIn(c))).toEqual(new Set([...tables, 'items__delta', 'items__quarantine']));
  }
  expect(cuts).toBeGreaterThan(100);
  const later = Date.UTC(2026, 0, 1) + 86_400_000 + 4;
  expect(await purgeHistory(c, checked, null, later)).toBe(3);
  expect((await tablesOf(c, checked)).history).toEqual(['1|c|3|5']);
});

test('while rows move others see how far it is; the stream can be taken over, and others beside it go on', async () => {
  const { c, held } = await arrange(split);
  await using other = await c.again();
  await run(c, "insert into retail__sales__shop.items select g, repeat('n', 750) from generate_series(100, 100099) g");
  const beside = await takeOver(other, 'retail/sales/other');
  const told: Switching[] = [];
  const steps: unknown[] = [];
  const options: SwitchOptions = {
    onSwitching: (switching) => told.push(switching),
    async hook(step) {
      if (step === 'layout before commit' || step === 'layout switched') return void steps.push(step);
      const current = await other.query(sql`select count(*)::int as n from retail__sales__shop.items`);
      const found = await switchingIn(other, [split.address, 'retail/sales/shop.others']);
      steps.push([step, current, found.map(({ phase, rows, to }) => [phase, rows, to])]);
      if (step !== 'layout held') return;
      const position = { position: '2', identity: 'server' };
      expect(await moveOn(other, [beside, held], position)).toEqual({
        moved: new Set([beside.stream, stream]),
        busy: new Set(),
      });
      expect(await takeOver(other, stream)).toMatchObject({ ordinal: 3n });
    },
  };
  expect(await applied(c, inOne, noViews, options)).toEqual([]);
  const all = [{ n: 100_002 }];
  expect(steps).toEqual([
    ['layout held', all, []],
    ['layout moved', all, [['moving', 100_002, 'history']]],
    'layout before commit',
    'layout switched',
  ]);
  expect(told.length).toBeGreaterThan(3);
  const [begin, end] = [told[0], told.at(-1)];
  expect(begin).toMatchObject({ address: split.address, to: 'history', phase: 'moving', rows: 0, bytes: 0 });
  expect(end).toMatchObject({ phase: 'building', rows: 100_002, bytes: end?.ofBytes });
  expect(await switchingIn(other, [split.address])).toEqual([]);
  told.length = 0;
  expect(await applied(c, split, noViews, { onSwitching: (switching) => told.push(switching) })).toEqual([]);
  expect(told.at(-1)).toMatchObject({ to: 'split', phase: 'building', rows: 100_002 });
  expect(await c.query(sql`select count(*)::int as n from retail__sales__shop.items`)).toEqual(all);
  expect((await readCheckpoint(c, stream))?.ordinal).toBe(3n);
});

test('a merge that waits for the tables of a switch is ended, and made again is of the form that they have then', async () => {
  const { c, held } = await arrange(split);
  await using merging = await c.again();
  let waiting: Promise<unknown> = Promise.resolve();
  const hook = async (step: string) => {
    if (step !== 'layout held') return;
    waiting = mergeChanges(merging, split, held, [row(4n, 1, 'late')], 4n).catch((failure: unknown) => failure);
    await using looking = await c.again();
    for (;;) {
      const [blocked] = await looking.query(sql`select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and application_name = 'flow test'`);
      if (blocked !== undefined) return;
    }
  };
  expect(await applied(c, inOne, noViews, { hook })).toEqual([]);
  expect(await waiting).toMatchObject({ kind: 'unreachable' });
  expect(await tablesOf(c, split)).toEqual(versions);
  const now = await takeOver(c, stream);
  expect(now).toMatchObject({ ordinal: 3n });
  await merged(c, inOne, now, [row(4n, 1, 'late')], 4n);
  expect((await tablesOf(c, split)).current).toEqual(['1|late|4', '3|z|3']);
});

test('of two applies at once one switches the layout, and the other finds it done', async () => {
  const { c } = await arrange(split);
  await using other = await c.again();
  for (const [table, tables] of [
    [inOne, together],
    [split, asTwo],
  ] as const) {
    const others: Promise<readonly Finding[]>[] = [];
    const hook = async (step: string) => {
      if (step !== 'layout moved') return;
      const all = [{ stream, table }];
      others.push(table === inOne ? putTogether(other, all, noViews) : setApart(other, all));
      // It waits for our tables.
      await run(c, 'select pg_sleep(0.2)');
    };
    const first = table === inOne ? applied(c, table, noViews, { hook }) : setApart(c, [{ stream, table }], { hook });
    expect(await first).toEqual([]);
    expect(await Promise.all(others)).toEqual([[]]);
    if (table === split) await applied(c, table);
    expect(await tablesIn(c)).toEqual(tables);
    expect(await tablesOf(c, split)).toEqual(versions);
  }
});

test('names as long as an engine takes them, in a schema with an odd one, are switched like others, again and again', async () => {
  const named = (word: 'history' | 'delta' | null) => tableName('n'.repeat(63), word, 63);
  const odd: StreamDataset = {
    ...split,
    schema: 'Odd "one" %I \'s',
    current: named(null),
    history: named('history'),
    delta: named('delta'),
  };
  const { c, held } = await arrange(odd);
  for (const layout of ['history', 'split', 'history', 'split'] as const) {
    expect(await applied(c, { ...odd, layout })).toEqual([]);
    expect(await tablesOf(c, odd)).toEqual(versions);
    const again = sql`insert into ${name(odd.schema, odd.current)} (id) values (3)`;
    await expect(c.execute(again)).rejects.toThrow('duplicate key');
  }
  const now = await takeOver(c, stream);
  await merged(c, odd, { ...held, epoch: now.epoch }, [row(4n, 1, 'd')], 4n);
  expect((await tablesOf(c, odd)).current).toEqual(['1|d|4', '3|z|3']);
});
