import type { Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import { ChecksFailed } from '../quality/failed.ts';
import { forgetLoad } from './converge.ts';
import { detachLoading } from './inbox/inbox.ts';
import { loadInitial } from './load.ts';
import type { OwnStream } from './start.ts';
import { type Loads, loadedAt, loadOptions, tell } from './start-loads.ts';
import { viewsOf } from './views.ts';

/** A load under way while the log is read. Disposed of before its end, it is cut, and goes on at the next opening. */
export type LoadBeside = AsyncDisposable & {
  readonly stream: OwnStream;
  /** `loaded`: the stream is at ordinal 1, and opened anew its inbox is merged. `refused`: a check stops its rows. Rejects as the load fails. */
  readonly done: Promise<LoadedBeside>;
};

export type LoadedBeside = { readonly kind: 'loaded' } | { readonly kind: 'refused'; readonly failure: ChecksFailed };

/**
 * Begins to load a stream that has nothing yet, so that others of its source need not wait: what the log brings of it from
 * the first view on waits in its inbox, whose ordinals go on from the 1 that the loaded rows will have. Resolves when
 * the inbox is there.
 */
export async function loadBeside(stream: OwnStream, loads: Omit<Loads, 'views'>): Promise<LoadBeside> {
  const { log, options } = loads;
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
  let onBegun: (position: Position | null) => void = () => undefined;
  const begun = new Promise<Position | null>((resolve) => {
    onBegun = resolve;
  });

  const load = async (): Promise<LoadedBeside> => {
    try {
      await options.hook?.('snapshot');
      const from = { ...loads, views };
      const how = { ...loadOptions(stream, options), onBegun };
      const loaded = await loadInitial(from, await open(), open, stream.node, stream.held, loadedAt(stream, from), how);
      await options.hook?.('loaded');
      tell(stream, loaded, options);
      return { kind: 'loaded' };
    } catch (failure) {
      if (failure instanceof ChecksFailed) return { kind: 'refused', failure };
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
    const position = await Promise.race([begun, done.then(() => null)]);
    if (position !== null) {
      await using store = await stream.open();
      const at = { ordinal: 1n, position, identity: log.identity };
      stream.inbox = await detachLoading(store, stream.held, at, options.clock.nowMs());
    }
  } catch (failure) {
    await end();
    throw failure;
  }
  return { stream, done, [Symbol.asyncDispose]: end };
}

/** Gives up a load that a check stops: the next one reads the rows as they are then. Nothing may append to its inbox any more. */
export async function refuseLoad(stream: OwnStream): Promise<void> {
  await using store = await stream.open();
  stream.held = await forgetLoad(store, stream);
  stream.inbox = null;
}
