import { systemClock } from '../../src/base/clock.ts';
import { must } from '../../src/base/must.ts';
import type { Connection } from '../../src/engine/connection.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { words } from '../../src/sql/sql.ts';
import { create, key, orders, replicaOf, rows, streamOf } from './orders.ts';
import { started } from './ours.ts';
import { drop } from './server.ts';
import type { Setting } from './setting.ts';
import { percentile, type Verdict } from './turns.ts';

const tickMs = 10;
/** Left out at the beginning: the first batches open staging. */
const warmMs = 2_000;
const view = 'public.consumer';

/**
 * From the answer to a commit at the source until a consumer's view shows it, at so many changes a second, a hundred
 * transactions a second; through the store, and through a PostgreSQL replica of it.
 */
export async function latency({ source, store, size }: Setting): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const hasReplica of [false, true]) {
    for (const perSecond of [1_000, 10_000]) {
      const seen = await measured(perSecond, hasReplica);
      const [p50, p99] = [percentile(seen, 0.5), percentile(seen, 0.99)];
      const [bar50, bar99] = hasReplica ? [null, 500] : [50, 250];
      const holds = p99 < bar99 && (bar50 === null || p50 < bar50);
      const line = [
        'latency'.padEnd(16),
        `${perSecond.toLocaleString('en')}/s ${hasReplica ? 'through a replica' : 'in the store'}`.padEnd(26),
        `p50 ${p50.toFixed(0)} ms, p90 ${percentile(seen, 0.9).toFixed(0)}, p99 ${p99.toFixed(0)}, most ${Math.max(...seen).toFixed(0)}`,
        ` bar p99 under ${bar99}${bar50 === null ? '' : `, p50 under ${bar50}`}: ${holds ? 'holds' : 'MISSED'}`,
      ].join('  ');
      verdicts.push({ line, holds });
    }
  }
  return verdicts;

  async function measured(perSecond: number, hasReplica: boolean): Promise<readonly number[]> {
    const from = await source.createDatabase('source');
    const to = await store.createDatabase('ours');
    const replica = hasReplica ? await store.createDatabase('replica') : null;
    const name = 'freehold_bench_latency';
    const node = streamOf('cdc', [{ ...orders, layout: 'live', keepsDelta: hasReplica }]);
    await using writer = await connect(source.access(from), 'bench');
    await run(
      writer,
      `${create}; insert into public.orders ${rows(1, size.rows / 10)}; ${key};
      update public.orders set customer = -1 where id = 1`,
    );
    const own = started({
      does: 'follow',
      source: source.access(from),
      capture: name,
      store: store.access(to),
      nodes: [node],
      replica: replica === null ? null : { at: store.access(replica), node: replicaOf(node, 'live') },
    });
    await using reader = await connect(store.access(replica ?? to), 'bench');
    await loaded(reader);
    const seen = await observed(writer, reader, perSecond / (1000 / tickMs), size.rows / 10, size.latencyMs);
    own.stop();
    await own.done;
    await must(capture.log, 'log').drop(source.access(from), name);
    await writer[Symbol.asyncDispose]();
    await reader[Symbol.asyncDispose]();
    await drop(source, from);
    for (const one of [to, replica]) if (one !== null) await drop(store, one);
    return seen;
  }
}

/** Waits until the rows are there, and makes the view that a consumer would read. */
async function loaded(reader: Connection): Promise<void> {
  const table = `${orders.schema}.${orders.current}`;
  for (;;) {
    const [row] = await reader
      .query(words(`select count(*) from (select 1 from ${table} limit 1) one`))
      .catch(() => [{ count: 0 }]);
    if (Number(row?.count) > 0) break;
    await systemClock.sleep(50);
  }
  await run(reader, `create view ${view} as select id, customer from ${table}`);
}

/** Milliseconds of each transaction; the first row's `customer` is its number. */
async function observed(
  writer: Connection,
  reader: Connection,
  each: number,
  count: number,
  lastMs: number,
): Promise<readonly number[]> {
  const committed: number[] = [];
  const seen: number[] = [];
  let shown = -1;
  let isWriting = true;
  const since = performance.now();
  const writing = (async () => {
    for (let n = 0; performance.now() - since < lastMs; n++) {
      const first = 2 + ((n * each) % (count - each - 2));
      await run(
        writer,
        `begin; update public.orders set customer = ${n} where id = 1;
        update public.orders set total = total + 1 where id >= ${first} and id < ${first + each - 1}; commit`,
      );
      committed.push(performance.now());
      const waitMs = since + (n + 1) * tickMs - performance.now();
      if (waitMs > 0) await systemClock.sleep(waitMs);
    }
    isWriting = false;
  })();
  while (isWriting || shown < committed.length - 1) {
    const [row] = await reader.query(words(`select customer from ${view} where id = 1`));
    const nowMs = performance.now();
    const last = Math.min(Number(row?.customer), committed.length - 1);
    for (let n = shown + 1; n <= last; n++) {
      const at = must(committed[n], 'commit');
      if (at - since > warmMs) seen.push(Math.max(0, nowMs - at));
      shown = n;
    }
    await systemClock.sleep(1);
  }
  await writing;
  return seen;
}
