import { onTestFinished } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { postgresLog } from '../../engines/postgres/log/log.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { type CaptureOptions, runCapture } from '../capture/cdc.ts';
import { run } from './fixture.ts';

const log = postgresLog(connect);

/** A database of the run's server, and the name of what reads its log. */
export type Place = { readonly access: Access; readonly session: Connection; readonly name: string };

/** Gone from the server's log when the test ends. */
export async function freshPlace(hint: string, statement = 'select 1'): Promise<Place> {
  const server = await testServer();
  const database = await server.createDatabase(hint);
  const access = server.access(database);
  const session = await connect(access, 'test');
  await run(session, `set search_path = public; ${statement}`);
  const place = { access, session, name: `freehold_${database}` };
  onTestFinished(async () => {
    await log.drop(access, place.name);
    await session[Symbol.asyncDispose]();
  });
  return place;
}

/** Runs the capture of these streams into one store until they have what the source has now. */
export function readLog(
  source: Place,
  store: Place,
  nodes: readonly StreamNode[],
  more: Partial<CaptureOptions> & { readonly reads?: string } = {},
): Promise<void> {
  const { reads, ...options } = more;
  const streams = nodes.map((node) => ({
    node,
    store: () => connect(store.access, 'test stream'),
    ...(reads === undefined ? {} : { reads }),
  }));
  return runCapture(log, source.access, capture, source.name, streams, {
    clock: systemClock,
    signal: new AbortController().signal,
    onBatch: () => undefined,
    untilCaughtUp: true,
    ...options,
  });
}
