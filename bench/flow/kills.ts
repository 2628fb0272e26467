import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { must } from '../../src/base/must.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { random } from '../../src/flow/testing/reference.ts';
import { words } from '../../src/sql/sql.ts';
import { initial, sourceTables, streams } from '../../test/exactness/company.ts';
import { driver } from '../../test/exactness/driver.ts';
import { type Reference, reference } from '../../test/exactness/reference.ts';
import { planOf } from '../../test/faults/plan.ts';
import { runnerProgram, startRunner } from '../../test/faults/runner.ts';
import { arrived, type Company, divergence, mirror } from './kills-oracles.ts';
import { drop } from './server.ts';
import type { Setting } from './setting.ts';
import { tell, type Verdict } from './turns.ts';

/** Between two transactions at the source; a large one comes about once a second. */
const pauseMs = 5;
const largeShare = 0.005;

/**
 * A process that runs a plan with a PostgreSQL and a DuckDB replica, killed at random moments, again and again, while the
 * source is written without a pause: small transactions, some of them undone, keys that change, truncates, values out of
 * line, and transactions of some megabytes. Afterwards nothing may differ, of any row or version, by any of four judges.
 */
export async function kills({ source, store, size }: Setting): Promise<readonly Verdict[]> {
  const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));
  tell(`kills: FREEHOLD_SEED=${seed}`);
  const databases = {
    source: await source.createDatabase('source'),
    store: await store.createDatabase('ours'),
    replica: await store.createDatabase('replica'),
    mirror: await store.createDatabase('mirror'),
    ledger: await store.createDatabase('ledger'),
  };
  const root = await mkdtemp(join(tmpdir(), 'freehold-bench-'));
  const slot = `freehold_${databases.source}`;
  const file = { engine: 'duckdb', fields: { file: join(root, 'replica.duckdb'), memory_limit: '500MB', threads: 2 } };
  const company: Company = {
    source: { server: source, database: databases.source },
    store: { server: store, database: databases.store },
    replica: { server: store, database: databases.replica },
    mirror: { server: store, database: databases.mirror },
    file: { ...file, label: 'duckdb bench' },
    root,
    plan: planOf(
      {
        ledger: { engine: 'postgres', fields: store.access(databases.ledger).fields },
        'connection:shop': { engine: 'postgres', fields: source.access(databases.source).fields },
        'store:main': { engine: 'postgres', fields: store.access(databases.store).fields },
        'replica:sql:0': { engine: 'postgres', fields: store.access(databases.replica).fields },
        'replica:file:0': file,
      },
      slot,
    ),
  };
  const kept = reference(streams, initial);
  await using writer = await connect(source.access(databases.source), 'bench');
  await writer.execute(words(`set search_path = public; ${sourceTables}`));
  const subscription = await mirror(company);
  const draw = random(seed + 1);
  const write = driver(writer, kept, random(seed));
  const program = await runnerProgram();
  const start = (name: string) => startRunner(program, { plan: company.plan, root, name });

  const first = start('the first');
  await arrived(company, kept, first);
  await first.kill();
  const since = performance.now();
  const writing = writeUntilOver();
  for (let kill = 1; kill <= size.kills; kill++) {
    const runner = start(`number ${kill}`);
    // Some before it is anything, most when it is at work.
    if (draw() < 0.75) await runner.until((event) => event.kind === 'owned', 'it owns a unit');
    await pause(draw() * 1_500);
    await runner.kill();
    if (kill % 10 === 0) tell(`${kill} kills, ${steps(kept)}`);
  }
  const transactions = await writing.over();
  const seconds = (performance.now() - since) / 1000;
  const last = start('the last');
  await arrived(company, kept, last);
  await subscription.caughtUp();
  const found = await divergence(company, kept);
  await last.stop();
  await subscription.drop();
  await must(capture.log, 'log').drop(source.access(databases.source), slot);
  await writer[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true, maxRetries: 10 });
  await drop(source, databases.source);
  for (const one of ['store', 'replica', 'mirror', 'ledger'] as const) await drop(store, databases[one]);
  for (const one of found.differences) tell(one);
  const holds = found.differences.length === 0;
  const line = [
    'kills'.padEnd(16),
    `${size.kills} kill -9 in ${seconds.toFixed(0)} s`,
    `${transactions.toLocaleString('en')} transactions of ${write.statements().toLocaleString('en')} statements, ${steps(kept)}`,
    `${found.rows.toLocaleString('en')} rows and ${found.versions.toLocaleString('en')} versions compared in each of store and two replicas`,
    `${found.differences.length} differences  bar 0: ${holds ? 'holds' : `MISSED, FREEHOLD_SEED=${seed}`}`,
  ].join('  ');
  return [{ line, holds }];

  function writeUntilOver() {
    const state = { isOver: false };
    const work = (async () => {
      let count = 0;
      for (; !state.isOver; count++) {
        if (draw() < largeShare) await write.large();
        else await write.transaction();
        await pause(pauseMs);
      }
      return count;
    })();
    // Awaited at the end, and heard until then.
    work.catch(() => undefined);
    return {
      over: () => {
        state.isOver = true;
        return work;
      },
    };
  }
}

function steps(kept: Reference): string {
  return streams.map(({ stream }) => `'${stream}' at step ${kept.ordinal(stream)}`).join(', ');
}
