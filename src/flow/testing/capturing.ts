import { onTestFinished } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { postgresLog } from '../../engines/postgres/log/log.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { type CaptureOptions, runCapture } from '../capture/cdc.ts';
import { run } from './fixture.ts';
import { streamNode } from './nodes.ts';

export const log = postgresLog(connect);

/** A database, a session in it, and the name of a capture that is made there. */
export type Place = { readonly access: Access; readonly session: Connection; readonly name: string };

/** Gone with the test, slot and publication first. */
export async function database(hint: string, statement = 'select 1'): Promise<Place> {
  const server = await testServer();
  const name = await server.createDatabase(hint);
  const access = server.access(name);
  const session = await connect(access, 'test');
  await run(session, `set search_path = public; ${statement}`);
  const place = { access, session, name: `freehold_${name}` };
  onTestFinished(async () => {
    await log.drop(access, place.name);
    await session[Symbol.asyncDispose]();
  });
  return place;
}

/** A stream that keeps no deltas. */
export function streamOf(stream: string, datasets: readonly StreamDataset[]): StreamNode {
  return streamNode(
    datasets.map((each) => ({ ...each, keepsDelta: false })),
    { stream },
  );
}

/** Runs the capture of these streams until caught up; all into one store, or each into its own. */
export async function catchUp(
  source: Place,
  store: Place,
  nodes: readonly StreamNode[],
  more: Partial<CaptureOptions> = {},
  stores: readonly Place[] = [],
): Promise<void> {
  const streams = nodes.map((node, i) => ({
    node: stores[i] === undefined ? node : { ...node, container: `store:${i}` },
    store: () => connect((stores[i] ?? store).access, 'test stream'),
  }));
  await runCapture(log, source.access, capture, source.name, streams, {
    clock: systemClock,
    signal: new AbortController().signal,
    onBatch: () => undefined,
    untilCaughtUp: true,
    ...more,
  });
}
