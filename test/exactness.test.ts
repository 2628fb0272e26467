import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { must } from '../src/base/must.ts';
import type { Connection } from '../src/engine/connection.ts';
import type { Access } from '../src/engine/engine.ts';
import { connect } from '../src/engines/postgres/connection.ts';
import { postgresLog } from '../src/engines/postgres/log/log.ts';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { random } from '../src/flow/testing/reference.ts';
import type { StreamDataset } from '../src/plan/plan.ts';
import { list, name, sql, words } from '../src/sql/sql.ts';
import type { Order } from './exactness/child.ts';
import { initial, sourceTables, streams } from './exactness/company.ts';
import { driver } from './exactness/driver.ts';
import { linesOf } from './exactness/lines.ts';
import { reference } from './exactness/reference.ts';
import { connected, type ReplicaOrder, replicating } from './exactness/replicating.ts';
import { programOf } from './support/program.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));
const transactions = Number(process.env.FREEHOLD_TRANSACTIONS ?? 400);

/** Every step of a capture, in the order in which they are first met; and 'spilled', which needs a large transaction. */
const steps = ['opened', 'taken over', 'snapshot', 'loaded', 'sealed', 'staged', 'before commit', 'merged', 'idle'];

const programs = {
  child: await programOf(new URL('./exactness/child.ts', import.meta.url)),
  'replica-child': await programOf(new URL('./exactness/replica-child.ts', import.meta.url)),
};

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

test(`what is captured is exact, whatever the kills and the cuts of batches (seed ${seed})`, {
  timeout: 900_000,
}, async () => {
  console.log(`exactness: seed ${seed}, to repeat: FREEHOLD_SEED=${seed}`);
  const draw = random(seed);
  const server = await testServer();
  const database = async (hint: string) => server.access(await server.createDatabase(hint));
  const source = await database('exact_source');
  const one = await database('exact_one');
  const other = await database('exact_other');
  const session = await opened(connect(source, 'exactness'));
  await session.execute(sql`${words(`set search_path = public; ${sourceTables}`)}`);
  const kept = reference(streams, initial);
  const write = driver(session, kept, draw);
  const runs: Run[] = [
    { source, store: one, name: 'freehold_exact_one', batchBytes: 1 << 20 },
    { source, store: other, name: 'freehold_exact_other', batchBytes: 1 },
  ];
  for (const run of runs) closing.push(() => postgresLog(connect).drop(source, run.name));

  // Both load the same rows; each is killed at each step of its start.
  for (const run of runs) {
    for (const step of steps.slice(0, 4)) await killAt(run, { step, time: 1 });
    await runToEnd(run);
  }

  const storeSession = await opened(connect(one, 'exactness'));
  // Each replica is filled by processes that are killed in the middle too.
  const replicas: { readonly access: Access; readonly session: Connection }[] = [];
  for (const access of [await database('exact_replica'), await duckFile()]) {
    replicas.push({ access, session: await opened(connected(access)) });
  }
  const killReplicas = () =>
    Promise.all(replicas.map(({ access }) => killReplicating({ store: one, replica: access }, dice() * 1_500)));

  // The first is killed while the source is written, at each step and at random.
  const dice = random(seed + 1);
  let written = 0;
  const writeWhile = async (child: Promise<void>, one = write.transaction, pauseMs = 10) => {
    const state = { isOver: false };
    const over = child.finally(() => {
      state.isOver = true;
    });
    // Awaited below, and heard until then.
    over.catch(() => undefined);
    // What is written is the same for the same seed; only how far it goes by now depends on time.
    while (!state.isOver) {
      await one();
      written++;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    await over;
  };
  for (const step of ['opened', 'taken over', ...steps.slice(4)]) {
    // A start has its steps once, and nothing is idle while the source is written.
    const time = ['opened', 'taken over', 'idle'].includes(step) ? 1 : 1 + Math.floor(dice() * 4);
    const killed = killAt(must(runs[0], 'run'), { step, time });
    await (step === 'idle' ? killed : writeWhile(killed));
  }
  for (let kill = 0; kill < 6; kill++) {
    const capturing = killAfter(must(runs[0], 'run'), 300 + dice() * 2_000);
    await writeWhile(Promise.all([capturing, killReplicas()]).then(() => undefined));
  }
  for (; written < transactions; written++) await write.transaction();
  await runToEnd(must(runs[0], 'run'));

  // The second reads the whole log later, in the smallest batches, and is killed at each step too.
  for (const step of steps.slice(4)) {
    await killAt(must(runs[1], 'run'), { step, time: step === 'idle' ? 1 : 1 + Math.floor(dice() * 20) });
  }
  for (let kill = 0; kill < 4; kill++) await killAfter(must(runs[1], 'run'), 300 + dice() * 2_000);
  await runToEnd(must(runs[1], 'run'));

  // Both are killed in the middle of a transaction that is staged before it is committed; one that waits behind others is not.
  for (const run of runs) {
    await writeWhile(killAt(run, { step: 'spilled', time: 1 }), write.large, 2_000);
  }
  for (const run of runs) await runToEnd(run);
  for (const { session: replica } of replicas) await replicating(storeSession, replica, false);

  console.log(
    `exactness: ${write.statements()} statements, ordinals ${streams.map((s) => kept.ordinal(s.stream)).join(', ')}`,
  );
  expect(write.statements()).toBeGreaterThan(transactions * 3);
  const versions = streams.flatMap((stream) => stream.datasets.flatMap((dataset) => kept.lines(dataset).history));
  expect(versions.length).toBeGreaterThan(transactions);
  const otherSession = await opened(connect(other, 'exactness'));
  for (const { stream, datasets } of streams) {
    expect(await clockOf(otherSession, stream)).toEqual(await clockOf(storeSession, stream));
    for (const dataset of datasets) {
      const expected = kept.lines(dataset);
      expect(await linesOf(storeSession, dataset), dataset.address).toEqual(expected);
      expect(await bytesOf(otherSession, dataset), dataset.address).toEqual(await bytesOf(storeSession, dataset));
      for (const each of replicas) expect(await linesOf(each.session, dataset), dataset.address).toEqual(expected);
    }
  }
});

type Run = Pick<Order, 'source' | 'store' | 'name' | 'batchBytes'>;

async function opened(connecting: Promise<Connection>): Promise<Connection> {
  const connection = await connecting;
  closing.push(async () => connection[Symbol.asyncDispose]());
  return connection;
}

async function duckFile(): Promise<Access> {
  const room = await mkdtemp(join(tmpdir(), 'freehold-exactness-'));
  closing.push(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));
  return {
    engine: 'duckdb',
    label: 'duckdb exactness',
    fields: { file: join(room, 'replica.duckdb'), memory_limit: '500MB', threads: 2 },
  };
}

/** Starts a process of the story; `exit` gives its exit code, or null where it was killed. */
function start(program: keyof typeof programs, order: Order | ReplicaOrder) {
  const child = fork(programs[program], [], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const reached = new Promise<void>((resolve) => child.once('message', () => resolve()));
  child.send(order);
  return { exit, reached, kill: () => child.kill('SIGKILL') };
}

async function killAt(run: Run, stopAt: NonNullable<Order['stopAt']>): Promise<void> {
  const child = start('child', { ...run, untilCaughtUp: false, stopAt });
  const ended = await Promise.race([child.reached.then(() => 'reached' as const), child.exit]);
  expect(ended, `step '${stopAt.step}'`).toBe('reached');
  child.kill();
  await child.exit;
}

async function killAfter(run: Run, ms: number): Promise<void> {
  const child = start('child', { ...run, untilCaughtUp: false, stopAt: null });
  const ended = await Promise.race([
    child.exit,
    new Promise<'alive'>((resolve) => setTimeout(() => resolve('alive'), ms)),
  ]);
  expect(ended).toBe('alive');
  child.kill();
  await child.exit;
}

async function runToEnd(run: Run): Promise<void> {
  expect(await start('child', { ...run, untilCaughtUp: true, stopAt: null }).exit).toBe(0);
}

/** Replicates in a process of its own, which is killed a moment after it began. */
async function killReplicating(order: ReplicaOrder, ms: number): Promise<void> {
  const child = start('replica-child', order);
  expect(await Promise.race([child.reached.then(() => 'reached' as const), child.exit])).toBe('reached');
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.kill();
  expect(await child.exit).toBe(null);
}

/** All bytes of a dataset's three tables, in one order. */
async function bytesOf(c: Connection, dataset: StreamDataset): Promise<string> {
  const columns = dataset.columns.map((column) => name(column.name));
  let text = '';
  for (const [table, header] of [
    [dataset.current, ['fh_from']],
    [dataset.history, ['fh_from', 'fh_to']],
    [dataset.delta, ['fh_ordinal', 'fh_op']],
  ] as const) {
    const all = list([...columns, ...header.map((h) => name(h))]);
    const bytes: Uint8Array[] = [];
    for await (const part of c.copyOut(sql`select ${all} from ${name(dataset.schema, table)} order by ${all}`, 'text'))
      bytes.push(part);
    text += `${table}\n${Buffer.concat(bytes).toString('utf8')}`;
  }
  return text;
}

/** Times of commits; the first ordinal's is when it was loaded. */
async function clockOf(c: Connection, stream: string) {
  return c.query(
    sql`select ordinal::text as ordinal, at::text as at from freehold.fh_clock where stream = ${{ kind: 'value', value: stream }} and ordinal > 1 order by fh_clock.ordinal`,
  );
}
