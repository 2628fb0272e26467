import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { name, sql } from '../../sql/sql.ts';
import { Fenced, takeOver } from '../checkpoint.ts';
import { database, log, streamOf } from '../testing/capturing.ts';
import { dataset, run } from '../testing/fixture.ts';
import { runCapture } from './cdc.ts';

const count = 12;
const names = Array.from({ length: count }, (_, i) => `t${i}`);

/** Twelve streams of one source, followed by a process that has two sessions of their store. */
async function follow() {
  const source = await database('src', names.map((one) => `create table ${one} (id int primary key)`).join(';'));
  const store = await database('store');
  const nodes = names.map((one) => {
    const rows = dataset(one, ['id'], { id: 'int32' }, { address: `retail/sales/${one}.rows`, keepsDelta: false });
    return streamOf(`retail/sales/${one}`, [rows]);
  });
  const stop = new AbortController();
  const open = { now: 0, most: 0 };
  const failures: Error[] = [];
  const ordinals = new Map<string, bigint>();
  const connected = async () => {
    const session = await connect(store.access, 'test stream');
    open.most = Math.max(open.most, ++open.now);
    const closed = async () => {
      open.now--;
      await session[Symbol.asyncDispose]();
    };
    return { ...session, [Symbol.asyncDispose]: closed };
  };
  const running = runCapture(
    log,
    source.access,
    capture,
    source.name,
    nodes.map((node) => ({ node, store: connected })),
    {
      clock: systemClock,
      signal: stop.signal,
      sessionsAtOnce: 2,
      onBatch: (stream, { ordinal }) => void ordinals.set(stream, ordinal),
      onTrouble: (_stream, failure) => void failures.push(failure),
    },
  );
  const ended = running.catch((failure: unknown) => failure);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { source, store, open, failures, ordinals };
}

async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await is())) await systemClock.sleep(20);
}

const all = names.map((one) => `retail/sales/${one}`);

test('streams with nothing to do hold no session; those with work take turns with a few, and nothing is lost', {
  timeout: 120_000,
}, async () => {
  const { source, store, open, failures, ordinals } = await follow();
  await until(() => ordinals.size === count && open.now === 0);
  open.most = 0;
  for (let n = 1; n <= 20; n++)
    await run(source.session, names.map((one) => `insert into ${one} values (${n})`).join(';\n'));
  await run(source.session, 'insert into t0 select n from generate_series(100, 20099) n');
  await until(() => all.every((one, i) => ordinals.get(one) === (i === 0 ? 22n : 21n)));
  for (const [i, one] of names.entries()) {
    const [row] = await store.session.query(
      sql`select count(*)::int4 as rows from ${name('retail__sales__shop', one)}`,
    );
    expect(row).toEqual({ rows: i === 0 ? 20_020 : 20 });
  }
  expect(failures).toEqual([]);
  expect(open.most).toBeLessThanOrEqual(2);
  await until(() => open.now === 0);
});

test('positions of streams at rest are written together, and one that another has taken over is fenced', {
  timeout: 120_000,
}, async () => {
  const { source, store, failures, ordinals } = await follow();
  await until(() => ordinals.size === count);
  const positions = () =>
    store.session.query(
      sql`select min(position) as least, max(position) as most, count(distinct xmin::text)::int4 as writes from freehold.fh_checkpoint where stream <> 'retail/sales/t3'`,
    );
  const [before] = await positions();
  await takeOver(store.session, 'retail/sales/t3');
  await run(source.session, 'create table other (id int)');
  await until(async () => {
    await run(source.session, 'insert into other values (1)');
    const [now] = await positions();
    return String(now?.least) > String(before?.most) && now?.writes === 1;
  });
  await until(() => failures.length > 0);
  expect(failures).toEqual([expect.any(Fenced)]);
  expect(must(failures[0], 'failure').message).toContain("'retail/sales/t3'");
});
