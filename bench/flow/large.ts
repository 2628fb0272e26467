import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChangeSink, StagedRows } from '../../src/engine/capture.ts';
import { EngineError } from '../../src/engine/connection.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { postgresLog } from '../../src/engines/postgres/log/log.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import type { Type } from '../../src/types/type.ts';
import { create, rows } from './orders.ts';
import { drop, type Server } from './server.ts';
import type { Setting } from './setting.ts';
import type { Verdict } from './turns.ts';

const barMb = 300;

/**
 * One transaction of so many rows through the log alone, its rows thrown away: sent before its commit and put aside, and
 * whole after it. The bar is on our memory; which way is faster is printed.
 */
export async function large({ source: server, size }: Setting): Promise<readonly Verdict[]> {
  const count = size.moved;
  const early = await through(server, count, 'server');
  const whole = await through(server, count, 'never');
  const peakMb = Math.max(early.peakMb, whole.peakMb);
  const say = (way: string, of: Passed) =>
    `${way} ${(of.insertMs / 1000).toFixed(1)} s to write, ${(of.restMs / 1000).toFixed(1)} s from commit to the last row, ` +
    `${of.peakMb.toFixed(0)} MB, ${of.cpuS.toFixed(1)} s of our CPU`;
  const holds = peakMb < barMb;
  const line = `large      ${count} rows: ${say('early', early)}; ${say('whole', whole)}  bar ${barMb} MB: ${holds ? 'holds' : 'MISSED'}`;
  return [{ line, holds }];
}

type Passed = { readonly insertMs: number; readonly restMs: number; readonly peakMb: number; readonly cpuS: number };

async function through(server: Server, count: number, way: 'server' | 'never'): Promise<Passed> {
  const database = await server.createDatabase('large');
  const access = server.access(database);
  const room = await mkdtemp(join(tmpdir(), 'freehold-bench-'));
  const log = postgresLog(connect, way);
  const name = `freehold_${database}`;
  try {
    await using c = await connect(access, 'bench');
    await run(c, create);
    const int: Type = { kind: 'int', bits: 64 };
    const table = {
      ...{ address: 'bench/bench/bench.orders', schema: 'public', table: 'orders', key: [], mark: null },
      columns: [{ name: 'id', from: 'id', type: int, nullable: false }],
    };
    const opening = await log.open(access, name, [table], room);
    if (opening.kind === 'lost') throw new Error(opening.loss.message);
    await using opened = opening.log;
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 50);
    const before = process.cpuUsage();
    const { sink, whole } = thrownAway(count);
    const stop = new AbortController();
    const reading = opened.read(sink, stop.signal);
    const since = performance.now();
    await run(c, `insert into public.orders ${rows(1, count)}`);
    const committed = performance.now();
    await Promise.race([whole, reading]);
    const ended = performance.now();
    const { user, system } = process.cpuUsage(before);
    clearInterval(timer);
    stop.abort();
    await reading;
    return { insertMs: committed - since, restMs: ended - committed, peakMb: peak / 1e6, cpuS: (user + system) / 1e6 };
  } finally {
    await log.drop(access, name);
    await drop(server, database);
    await rm(room, { recursive: true });
  }
}

/** Takes every row into one buffer, which is used again and again. */
function thrownAway(count: number): { readonly sink: ChangeSink; readonly whole: Promise<void> } {
  const lent: StagedRows = {
    ...{ buffer: Buffer.alloc(1 << 18), length: 0, rows: 0, ordinal: 1n, sequence: 0, hasUnchanged: false },
  };
  let done = () => {};
  const whole = new Promise<void>((resolve) => {
    done = resolve;
  });
  const sink: ChangeSink = {
    shape() {},
    begin() {},
    change() {
      if (lent.length > 200_000) lent.length = 0;
      return lent;
    },
    truncate() {},
    commit() {
      if (lent.rows >= count) done();
    },
    idle() {},
    stop(_, why) {
      throw why instanceof EngineError ? why : new Error(why.message);
    },
    pressure: () => null,
  };
  return { sink, whole };
}
