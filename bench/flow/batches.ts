import type { Connection } from '../../src/engine/connection.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { type Checkpoint, takeOver } from '../../src/flow/checkpoint.ts';
import { mergeBatch } from '../../src/flow/merge/merge.ts';
import { openStaging, type Staging, stageRows, wholeShape } from '../../src/flow/merge/staging.ts';
import { buildKey, ensureTables } from '../../src/flow/tables.ts';
import { once, run } from '../../src/flow/testing/fixture.ts';
import { list, name, sql } from '../../src/sql/sql.ts';
import { cpuOf } from './cpu.ts';
import { columns, handTables, orders, rows, streamOf } from './orders.ts';
import { contentOf, drop, settle } from './server.ts';
import type { Setting } from './setting.ts';
import { inTurns, judge, median, tell, timed, type Verdict } from './turns.ts';

const names = orders.columns.map((column) => column.name);
const header = ['fh_ordinal', 'fh_seq', 'fh_op', 'fh_unchanged'];

/**
 * One batch, from its bytes to its commit, into a table with history, against hand-written SQL with the same checkpoint:
 * COPY, analyze, history, deletes, updates, inserts. Of ten changes eight are updates, one a delete, one an insert.
 */
export async function batches({ store: server, size, pairs }: Setting): Promise<readonly Verdict[]> {
  const [byHand, ours] = [await server.createDatabase('floor'), await server.createDatabase('ours')];
  await using hand = await connect(server.access(byHand), 'bench');
  await using own = await connect(server.access(ours), 'bench');
  await run(hand, handTables);
  await run(hand, `insert into public.current select ${columns}, 1 from (${rows(1, size.rows)}) r (${columns})`);
  await run(
    hand,
    'alter table public.current add primary key (id); create table public.checkpoint as select 1::bigint as ordinal',
  );
  await ensureTables(own, [orders]);
  const current = `${orders.schema}.${orders.current}`;
  await run(own, `insert into ${current} (${columns}) ${rows(1, size.rows)}`);
  await buildKey(own, orders);
  let held = await takeOver(own, streamOf('cdc').stream);
  for (const c of [hand, own]) {
    await run(c, 'vacuum analyze');
    const of = c === own ? current : 'public.current';
    await run(
      c,
      `create temporary table staged as select 1::bigint as fh_ordinal, 1 as fh_seq, 1::smallint as fh_op,
        null::bytea as fh_unchanged, ${columns} from ${of} limit 0`,
    );
  }

  // Open already, as a stream's session has it.
  const staging = await openStaging(own, orders, wholeShape(own, orders.columns, 'text'));
  const verdicts: Verdict[] = [];
  let ordinal = 1;
  const perChange: number[] = [];
  for (const changes of size.batches) {
    const settled = async (c: Connection) => {
      await run(c, 'vacuum analyze');
      await settle(server);
    };
    const measure = async (work: () => Promise<void>) => {
      const before = await cpuOf(server);
      const ms = await timed(work);
      tell(`CPU: store ${(await cpuOf(server)) - before} ms`);
      return ms;
    };
    const ordinalOf = (round: number) => ordinal + round + 1;
    const times = await inTurns(pairs, {
      floor: async (round) => {
        const bytes = await made(hand, changes, ordinalOf(round), size.rows);
        await settled(hand);
        return measure(() => mergeByHand(hand, bytes, ordinalOf(round)));
      },
      ours: async (round) => {
        const bytes = await made(own, changes, ordinalOf(round), size.rows);
        await settled(own);
        return measure(async () => {
          held = await mergeOurs(own, staging, bytes, held, ordinalOf(round));
        });
      },
    });
    ordinal += pairs;
    const measured = { floor: times('floor'), ours: times('ours') };
    perChange.push(median(measured.ours) / changes);
    verdicts.push(
      judge(
        `batch ${changes.toLocaleString('en')}`,
        changes,
        measured,
        { is: 'at most', ratio: 1.2 },
        `${median(measured.ours).toFixed(0)} ms`,
      ),
    );
  }
  const all = [...names, 'fh_from'];
  for (const [mine, theirs, compared] of [
    [current, 'public.current', all],
    [`${orders.schema}.${orders.history}`, 'public.history', [...all, 'fh_to']],
  ] as const) {
    const [a, b] = [await contentOf(server, ours, mine, compared), await contentOf(server, byHand, theirs, compared)];
    if (a !== b) throw new Error(`${mine} has ${a}; the floor ${b}`);
  }
  for (const one of [byHand, ours]) await drop(server, one);
  return verdicts;
}

/** A batch's changes as COPY's bytes, rows without header and trailer: keys all over the table, each once. */
async function made(c: Connection, changes: number, ordinal: number, count: number): Promise<readonly Uint8Array[]> {
  const [updated, gone] = [changes * 0.8, changes * 0.1];
  await run(
    c,
    `truncate staged; insert into staged (${header.join(', ')}, ${columns})
    select ${ordinal}, row_number() over (), r.op, null, ${columns} from (
      select 1 as op, ${columns.replace('total', 'total + 1 as total').replace('clerk', `'Clerk ${ordinal}' as clerk`)}
        from (${rows(1, updated)}) r (${columns})
      union all select 0, id, ${names
        .slice(1)
        .map(() => 'null')
        .join(', ')} from (${rows(updated + 1, updated + gone)}) r (${columns})
    ) r`,
  );
  await run(c, `update staged set id = 1 + (id * 48271 + ${ordinal}) % ${count}`);
  await run(
    c,
    `insert into staged (${header.join(', ')}, ${columns})
    select ${ordinal}, ${changes} + id, 1, null, ${columns}
    from (${rows(ordinal * 1_000_000 + count, ordinal * 1_000_000 + count + gone - 1)}) r (${columns})`,
  );
  const copied: Buffer[] = [];
  for await (const chunk of c.copyOut(
    sql`select ${list([...header, ...names].map((one) => name(one)))} from ${name('staged')}`,
    'text',
  ))
    copied.push(Buffer.from(chunk));
  return [Buffer.concat(copied)];
}

async function mergeOurs(
  c: Connection,
  staging: Staging,
  bytes: readonly Uint8Array[],
  held: Checkpoint,
  ordinal: number,
): Promise<Checkpoint> {
  await stageRows(c, staging, once(Buffer.concat(bytes)));
  const to = { ordinal: BigInt(ordinal), position: null, identity: null };
  const steps = [{ ordinal: BigInt(ordinal), atMs: Date.now() }];
  return (await mergeBatch(c, [orders], { held, to, steps, staged: [{ staging, hasUnchanged: false }] })).held;
}

async function mergeByHand(c: Connection, bytes: readonly Uint8Array[], ordinal: number): Promise<void> {
  await run(c, 'truncate staged');
  await c.copyIn(['staged'], [...header, ...names], once(Buffer.concat(bytes)), 'text');
  const others = names.filter((one) => one !== 'id');
  await c.transaction(async () => {
    await run(
      c,
      `update public.checkpoint set ordinal = ${ordinal}; set local enable_seqscan = off;
      set local enable_hashjoin = off; set local enable_mergejoin = off; set local jit = off`,
    );
    await run(c, 'analyze staged (id)');
    await run(c, `insert into public.history select c.*, n.fh_ordinal from staged n join public.current c using (id)`);
    await run(c, 'delete from public.current c using staged n where c.id = n.id and n.fh_op = 0');
    await run(
      c,
      `insert into public.current select ${columns}, fh_ordinal from staged where fh_op = 1
      on conflict (id) do update set ${[...others, 'fh_from'].map((one) => `${one} = excluded.${one}`).join(', ')}`,
    );
  });
}
