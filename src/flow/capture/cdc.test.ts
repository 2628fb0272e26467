import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { postgresLog } from '../../engines/postgres/log/log.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';
import { type CaptureOptions, runCapture } from './cdc.ts';

const log = postgresLog(connect);
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Place = { readonly access: Access; readonly session: Connection; readonly name: string };

async function database(hint: string, statement = 'select 1'): Promise<Place> {
  const server = await testServer();
  const name = await server.createDatabase(hint);
  const access = server.access(name);
  const session = await connect(access, 'test');
  await run(session, `set search_path = public; ${statement}`);
  const place = { access, session, name: `freehold_${name}` };
  open.push(async () => {
    await log.drop(access, place.name);
    await session[Symbol.asyncDispose]();
  });
  return place;
}

function streamOf(stream: string, datasets: readonly StreamDataset[]): StreamNode {
  return {
    kind: 'stream',
    id: `stream:${stream}`,
    after: [],
    priority: 'normal',
    why: [],
    stream,
    mode: 'cdc',
    source: 'connection:shop',
    container: 'store:main',
    intervalMs: 1000,
    promisedMs: null,
    datasets: datasets.map((each) => ({ ...each, keepsDelta: false })),
  };
}

/** Runs the capture of these streams, all into one store, until caught up. */
async function catchUp(source: Place, store: Place, nodes: readonly StreamNode[], more: Partial<CaptureOptions> = {}) {
  const streams = nodes.map((node) => ({ node, store: () => connect(store.access, 'test stream') }));
  await runCapture(log, source.access, capture, source.name, streams, {
    clock: systemClock,
    signal: new AbortController().signal,
    onBatch: () => undefined,
    untilCaughtUp: true,
    ...more,
  });
}

describe('Capture of a log', () => {
  test('loads what is there and merges each transaction as one step', async () => {
    const source = await database(
      'src',
      "create table a (id int primary key, name text); insert into a values (1, 'one'), (2, 'two')",
    );
    const store = await database('store');
    const a = dataset('a', ['id'], { id: 'int32', name: 'text?' });
    const node = streamOf('retail/sales/shop', [a]);
    await catchUp(source, store, [node]);
    await run(source.session, "update a set name = 'uno' where id = 1");
    await run(source.session, "begin; insert into a values (3, 'three'); update a set id = 4 where id = 2; commit");
    await run(source.session, 'delete from a where id = 1');
    await catchUp(source, store, [node]);
    expect(await tablesOf(store.session, { ...a, keepsDelta: false })).toEqual({
      current: ['3|three|3', '4|two|3'],
      history: ['1|one|1|2', '1|uno|2|4', '2|two|1|3'],
      delta: [],
    });
  });
});
