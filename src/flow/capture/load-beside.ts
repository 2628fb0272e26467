import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { ChecksFailed } from '../quality/failed.ts';
import type { Beside, ReadBeside } from './beside.ts';
import { forgetLoad } from './converge.ts';
import { detach, detachAhead, dropParts, loadingReason, mergeInbox } from './inbox/inbox.ts';
import type { Begun } from './load-lanes.ts';
import type { OwnStream } from './start.ts';
import { type Joined, type Loads, loadRows, tell } from './start-loads.ts';
import { viewsOf } from './views.ts';

/**
 * Streams that others of their source need not wait for while their rows are loaded, the first to be loaded first: new ones,
 * and those that datasets have joined. None where there is nobody to wait.
 */
export function toLoadBeside(going: readonly OwnStream[], joined: Joined): readonly OwnStream[] {
  const some = going.filter(
    (stream) =>
      stream.held.ordinal === 0n || (joined.has(stream) && (stream.inbox === null || stream.inbox.why === 'loading')),
  );
  const isNobodyLeft = some.length === going.length && some.every(({ held }) => held.ordinal === 0n);
  if (going.length < 2 || isNobodyLeft) return [];
  const begun = some.filter(({ inbox }) => inbox !== null);
  return [...begun, ...some.filter((stream) => !begun.includes(stream))];
}

/** Has what waits for the end of a load merged; true: the load has not ended, and is not gone on with now, so it is given up. */
export async function giveUpBeside(stream: OwnStream, joined: Joined, nowMs: number): Promise<boolean> {
  if (stream.inbox?.why !== 'loading') return false;
  const store = must(stream.store, 'store');
  const isNew = stream.held.ordinal === 0n;
  const isGivenUp = isNew || joined.has(stream);
  if (isGivenUp) stream.held = await forgetLoad(store, stream);
  stream.inbox = isNew ? null : await mergeInbox(store, stream.held, nowMs);
  return isGivenUp;
}

/**
 * Begins to load a stream that has nothing yet, or datasets that joined it, so that others of its source need not wait: what
 * the log brings of it waits in its inbox. That of a new one begins at the first view, with the ordinal 1 that the loaded rows
 * will have. Resolves when the inbox is there.
 */
export async function loadBeside(
  stream: OwnStream,
  joined: readonly StreamDataset[] | null,
  loads: Omit<Loads, 'views'>,
): Promise<Beside> {
  const { log, options } = loads;
  const loading = { why: 'loading', reason: loadingReason, sinceMs: options.clock.nowMs() } as const;
  // Before anything of them can come.
  if (joined !== null) stream.inbox = await detach(must(stream.store, 'store'), stream.held, loading);
  const views = viewsOf(log, options.clock, options.loadViewMs);
  const sessions: Connection[] = [];
  let isClosed = false;
  const open = async () => {
    const session = await stream.open();
    sessions.push(session);
    if (isClosed) await session[Symbol.asyncDispose]();
    return session;
  };
  const close = async () => {
    isClosed = true;
    for (const session of sessions.splice(0)) await session[Symbol.asyncDispose]();
  };
  let onBegun: (begun: Begun) => void = () => undefined;
  const begun = new Promise<Begun>((resolve) => {
    onBegun = resolve;
  });

  const load = async (): Promise<ReadBeside> => {
    try {
      await options.hook?.('snapshot');
      const loaded = await loadRows(stream, joined, { ...loads, views }, await open(), open, onBegun);
      await options.hook?.(joined === null ? 'loaded' : 'joined');
      if (joined === null) tell(stream, loaded, options);
      return { kind: 'read' };
    } catch (failure) {
      if (failure instanceof ChecksFailed) return { kind: 'refused', findings: failure.findings };
      throw failure;
    } finally {
      await close();
      await views[Symbol.asyncDispose]();
    }
  };
  const done = load();
  // Heard by whoever reads the log, which may be over by then.
  done.catch(() => undefined);
  const end = async () => {
    await close();
    await Promise.allSettled([done]);
  };
  try {
    // A load that ends has begun; one that fails may not have.
    const { position, isAnew } = await Promise.race([begun, done.then(() => begun)]);
    // What waits from before is in the rows that are read.
    if (joined !== null && isAnew) {
      const addresses = joined.map(({ address }) => address);
      await dropParts(must(stream.store, 'store'), stream.node.stream, addresses);
    }
    if (joined === null && position !== null) {
      const from = { ordinal: 1n, position, identity: log.identity, isAnew };
      stream.inbox = await detachAhead(must(stream.store, 'store'), stream.held, { ...loading, ...from });
    }
  } catch (failure) {
    await end();
    throw failure;
  }
  return { stream, done, giveUp: () => refuseLoad(stream), [Symbol.asyncDispose]: end };
}

/** The next load reads the rows as they are then. */
async function refuseLoad(stream: OwnStream): Promise<void> {
  await using store = await stream.open();
  stream.held = await forgetLoad(store, stream);
  stream.inbox = null;
}
