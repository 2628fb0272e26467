import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { must } from '../../src/base/must.ts';
import type { Connection } from '../../src/engine/connection.ts';
import { connect as connectDuckdb } from '../../src/engines/duckdb/connection.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { postgresLog } from '../../src/engines/postgres/log/log.ts';
import { type TestServer, testServer } from '../../src/engines/postgres/testing/server.ts';
import { readCheckpoint } from '../../src/flow/checkpoint.ts';
import { type Gap, gapsOf } from '../../src/flow/gaps.ts';
import { random } from '../../src/flow/testing/reference.ts';
import { openLedger } from '../../src/ledger/open.ts';
import type { Container } from '../../src/model/model.ts';
import type { Durability, Plan, StreamDataset } from '../../src/plan/plan.ts';
import { containersOf } from '../../src/run/containers.ts';
import { verifyPlan } from '../../src/run/verify.ts';
import { sql, value, words } from '../../src/sql/sql.ts';
import { initial, sourceTables, streams } from '../exactness/company.ts';
import { type Driver, driver } from '../exactness/driver.ts';
import { linesOf } from '../exactness/lines.ts';
import { type Reference, reference } from '../exactness/reference.ts';
import { type Link, link } from './link.ts';
import { planOf } from './plan.ts';
import { type Runner, runnerProgram, startRunner } from './runner.ts';
import type { Order } from './runner-child.ts';

/** How much longer than in every day's tests: kills, cuts and restarts come so many times as often. */
export const times = Math.max(1, Number(process.env.FREEHOLD_FAULTS ?? 1));

/** A server whose port may be another after each start. */
export type Server = { readonly reached: () => TestServer };

export type Where = 'source' | 'store' | 'replica' | 'duckdb';

/** A source that is written to, a store, a replica on each engine, and processes that run the plan between them. */
export type Setting = AsyncDisposable & {
  /** What runs, where nothing else is said. */
  readonly plan: Plan;
  /** Draws for the fault: another row than the workload's. */
  readonly draw: () => number;
  readonly kept: Reference;
  readonly write: Driver;
  readonly links: Readonly<Record<'source' | 'store' | 'replica', Link>>;
  readonly root: string;
  readonly databases: Readonly<Record<'source' | 'store' | 'replica', string>>;
  readonly start: (more?: Partial<Omit<Order, 'kind'>>) => Runner;
  /** A session that does not pass the link. */
  readonly within: <T>(where: Where, work: (c: Connection) => Promise<T>) => Promise<T>;
  /** Writes transactions until the work is over, so many ms apart. */
  readonly writeWhile: <T>(work: Promise<T>, pauseMs?: number, one?: () => Promise<void>) => Promise<T>;
  readonly writeSome: (transactions: number) => Promise<void>;
  /** Waits until store and replicas have every step that was written. */
  readonly arrived: () => Promise<void>;
  /** Waits until nothing is missing; rejects with what is, where that takes long. */
  readonly eventually: (what: string, look: () => Promise<string | null>) => Promise<void>;
  /** Waits until all have the rows of the source, whatever the ordinals. */
  readonly settled: () => Promise<void>;
  /** Store and replicas have every row and version, of every ordinal, as if nothing had happened; and verify agrees. */
  readonly expectExact: () => Promise<void>;
  /**
   * What is promised where there is a gap: the rows are the source's, and no version that ended before the gap is another
   * than it would have been. Gives the store's gaps.
   */
  readonly expectExactOutsideGaps: () => Promise<readonly Gap[]>;
  /** Another plan is what runs from now on, whose store is this database of the same server. */
  readonly goesOnWith: (plan: Plan, store: string) => void;
  /** A source or a store is another server from now on, with a database of the same name. */
  readonly moved: (where: 'source' | 'store' | 'replica', to: Server) => void;
};

/** Nothing here takes so long on a machine that is not stuck. */
const patienceMs = 120_000;

const datasets: readonly StreamDataset[] = streams.flatMap((stream) => stream.datasets);

export async function faultSetting(
  given: {
    /** The test's name, where others run beside it; absent: the one that runs says it. */
    readonly title?: string;
    /** So many rows of a kilobyte are there from the beginning. */
    readonly rows?: number;
    /** Only tables whose rows have keys are written. */
    readonly isKeyed?: boolean;
    /** What sources keep for the store; absent: nothing. */
    readonly durability?: Durability;
    /** Called when the databases are there and empty. */
    readonly prepare?: (databases: Setting['databases']) => Promise<void>;
  } & Partial<Record<'source' | 'store' | 'replica', Server>> = {},
): Promise<Setting> {
  const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));
  console.log(`${given.title ?? expect.getState().currentTestName ?? 'faults'}: FREEHOLD_SEED=${seed}`);
  const program = await runnerProgram();
  const shared = await testServer();
  const usual: Server = { reached: () => shared };
  const servers = { source: given.source ?? usual, store: given.store ?? usual, replica: given.replica ?? usual };
  const root = await mkdtemp(join(tmpdir(), 'freehold-faults-'));
  await chmod(root, 0o755);
  const databases = {
    source: await servers.source.reached().createDatabase('faults_source'),
    store: await servers.store.reached().createDatabase('faults_store'),
    replica: await servers.replica.reached().createDatabase('faults_replica'),
  };
  await given.prepare?.(databases);
  const placeOf = (where: keyof typeof servers) => {
    const { fields } = servers[where].reached().access(databases[where]);
    return { host: String(fields.host), port: Number(fields.port) };
  };
  const links = {
    source: await link(placeOf('source')),
    store: await link(placeOf('store')),
    replica: await link(placeOf('replica')),
  };
  const containerOf = (where: keyof typeof servers): Container => {
    const { fields } = servers[where].reached().access(databases[where]);
    return { engine: 'postgres', fields: { ...fields, host: '127.0.0.1', port: links[where].port } };
  };
  const file = { engine: 'duckdb', fields: { file: join(root, 'replica.duckdb'), memory_limit: '500MB', threads: 2 } };
  const slot = `freehold_${databases.source}`;
  let plan = planOf(
    {
      ledger: { engine: 'postgres', fields: shared.access(await shared.createDatabase('faults_ledger')).fields },
      'connection:shop': containerOf('source'),
      'store:main': containerOf('store'),
      'replica:sql:0': containerOf('replica'),
      'replica:file:0': file,
    },
    slot,
    given.durability,
  );

  const open = (where: Where): Promise<Connection> =>
    where === 'duckdb'
      ? connectDuckdb({ ...file, label: 'duckdb faults' })
      : connect(servers[where].reached().access(databases[where]), 'faults');
  const within: Setting['within'] = async (where, work) => {
    await using session = await open(where);
    return await work(session);
  };
  await within('source', (c) => c.execute(sql`${words(`set search_path = public; ${sourceTables}`)}`));
  const rows = given.rows ?? 0;
  await within('source', (c) =>
    c.execute(sql`insert into public.lines
      select 2000 + g, 'there', g, repeat('n', 1000) from generate_series(1, ${value(rows)}::int) g`),
  );
  const there = Array.from({ length: rows }, (_, i) => {
    const a = String(2001 + i);
    return [`${a}|there`, { a, b: 'there', quantity: String(i + 1), note: 'n'.repeat(1000) }] as const;
  });
  const kept = reference(streams, new Map([...initial, ['lines', new Map(there)]]));
  // The source may come and go between transactions.
  let writing: Connection | null = null;
  const writer = async () => {
    if (writing === null) {
      writing = await connect(servers.source.reached().access(databases.source), 'faults');
      await writing.execute(sql`set search_path = public`);
    }
    return writing;
  };
  const source = await writer();
  const write = driver(
    { ...source, execute: async (statement) => (await writer()).execute(statement) },
    kept,
    random(seed),
    given.isKeyed,
  );
  const runners: Runner[] = [];

  const eventually = async (what: string, look: () => Promise<string | null>) => {
    let missing: string | null = 'nothing was looked at';
    for (const until = Date.now() + patienceMs; Date.now() < until; await pause(100)) {
      missing = await look();
      if (missing === null) return;
    }
    const told = runners.map(({ name, events, failure }) => [
      name,
      failure(),
      events.filter(({ kind }) => kind !== 'moved').slice(-12),
    ]);
    throw new Error(
      `${what} was waited for in vain: ${missing}\n${JSON.stringify(told, (_, v) => (typeof v === 'bigint' ? String(v) : v), 1)}`,
    );
  };
  const copies = ['store', 'replica', 'duckdb'] as const;
  const rowsIn = (where: Where) =>
    within(where, async (c) => {
      const found: string[] = [];
      for (const dataset of datasets) {
        const { current } = await linesOf(c, dataset);
        found.push(`${dataset.name}: ${bare(current)}`);
      }
      return found;
    });
  const rowsWanted = () => datasets.map((dataset) => `${dataset.name}: ${bare(kept.lines(dataset).current)}`);
  const verified = async () => {
    await using containers = containersOf(plan.containers, { root, secrets: (name) => Promise.resolve(name) });
    await using ledger = await openLedger(await containers.access('ledger'), 'verify');
    const verdict = await verifyPlan(plan, containers, ledger, { clock: systemClock, address: null });
    expect(verdict.datasets.flatMap((one) => one.findings.map(({ message }) => message))).toEqual([]);
    expect([verdict.differences, verdict.datasets.map(({ moving }) => moving)]).toEqual([0, datasets.map(() => 0)]);
    return verdict;
  };

  const setting: Setting = {
    get plan() {
      return plan;
    },
    draw: random(seed + 1),
    kept,
    write,
    links,
    root,
    databases,
    within,
    eventually,
    start(more = {}) {
      const runner = startRunner(program, { plan, root, name: `runner ${runners.length + 1}`, ...more });
      runners.push(runner);
      return runner;
    },
    async writeWhile(work, pauseMs = 5, one = write.transaction) {
      const state = { isOver: false };
      const over = work.finally(() => {
        state.isOver = true;
      });
      // Awaited below, and heard until then.
      over.catch(() => undefined);
      while (!state.isOver) {
        await one();
        await pause(pauseMs);
      }
      return await over;
    },
    async writeSome(transactions) {
      for (let n = 0; n < transactions; n++) await write.transaction();
    },
    async arrived() {
      // One session with each, however often it is asked; one that fails is made anew.
      const sessions = new Map<Where, Connection>();
      const close = async (where: Where) => {
        const session = sessions.get(where);
        sessions.delete(where);
        await session?.[Symbol.asyncDispose]();
      };
      const ordinalIn = async (where: Where, stream: string) => {
        try {
          const session = sessions.get(where) ?? (await open(where));
          sessions.set(where, session);
          return (await readCheckpoint(session, stream))?.ordinal ?? null;
        } catch {
          await close(where);
          return null;
        }
      };
      try {
        await eventually('every step', async () => {
          for (const where of copies) {
            for (const { stream } of streams) {
              const ordinal = await ordinalIn(where, stream);
              if ((ordinal ?? 0n) < kept.ordinal(stream))
                return `${where} has '${stream}' up to ${ordinal ?? 'nothing'} of ${kept.ordinal(stream)}`;
            }
          }
          return null;
        });
      } finally {
        for (const where of copies) await close(where);
      }
    },
    async settled() {
      const wanted = rowsWanted();
      await eventually('the rows of the source', async () => {
        for (const where of copies) {
          const is = await rowsIn(where).catch(() => []);
          const other = wanted.findIndex((line, i) => line !== is[i]);
          if (other >= 0) return `${where} has other rows of ${wanted[other]?.split(':')[0]}`;
        }
        return null;
      });
    },
    async expectExact() {
      for (const where of copies)
        await within(where, async (c) => {
          for (const dataset of datasets)
            expect(await linesOf(c, dataset), `${where} ${dataset.address}`).toEqual(kept.lines(dataset));
          for (const { stream } of streams) {
            expect((await readCheckpoint(c, stream))?.ordinal, `${where} ${stream}`).toBe(kept.ordinal(stream));
            expect(await gapsOf(c, stream), `${where} ${stream}`).toEqual([]);
          }
        });
      await verified();
    },
    async expectExactOutsideGaps() {
      const gaps: Gap[] = [];
      for (const { stream, datasets: own } of streams) {
        const known = await within('store', (c) => gapsOf(c, stream));
        gaps.push(...known);
        const first = known.reduce((least, { from }) => (from < least ? from : least), kept.ordinal(stream));
        for (const where of copies)
          await within(where, async (c) => {
            for (const dataset of own) {
              const before = (lines: readonly string[]) =>
                lines.filter((line) => BigInt(must(line.split('|').at(-1), 'ordinal')) <= first);
              const { history, current } = await linesOf(c, dataset);
              const wanted = kept.lines(dataset);
              expect(before(history), `${where} ${dataset.address}`).toEqual(before(wanted.history));
              const values = (lines: readonly string[]) => lines.map((line) => line.replace(/\|\d+$/, '')).sort();
              expect(values(current), `${where} ${dataset.address}`).toEqual(values(wanted.current));
            }
          });
      }
      await verified();
      return gaps;
    },
    goesOnWith(next, store) {
      plan = next;
      databases.store = store;
    },
    moved(where, to) {
      servers[where] = to;
      links[where].lead(placeOf(where));
      // What is written next is written there.
      if (where === 'source') writing = null;
    },
    async [Symbol.asyncDispose]() {
      for (const runner of runners) if (!runner.isOver()) await runner.kill();
      await writing?.[Symbol.asyncDispose]();
      for (const one of Object.values(links)) await one[Symbol.asyncDispose]();
      try {
        await postgresLog(connect).drop(servers.source.reached().access(databases.source), slot);
      } catch {
        // A source that is stopped for good takes its slot along.
      }
      await rm(root, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  return setting;
}

/** Rows without their ordinals, in one order. */
function bare(lines: readonly string[]): string {
  return lines
    .map((line) => line.replace(/\|\d+$/, ''))
    .toSorted()
    .join();
}
