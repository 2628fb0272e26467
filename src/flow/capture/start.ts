import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../base/must.ts';
import type { Capture, CaptureName, ChangeLog, Look, Loss, OpenLog, Position } from '../../engine/capture.ts';
import type { Connection, EngineError } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { loadedDatasets, recordMarks } from '../bookkeeping.ts';
import { type Belief, type Checkpoint, ensureBookkeeping, refuseSuperseded, takeOver } from '../checkpoint.ts';
import { isOfLoss, noteGap } from '../gaps.ts';
import { ChecksFailed } from '../quality/failed.ts';
import { anyOrdered, doOrders } from '../quality/release.ts';
import { type Lent, lentSessions, type Sessions } from '../sessions.ts';
import { ensureTables } from '../tables.ts';
import { isKeptOtherwise } from '../versions.ts';
import type { Beside } from './beside.ts';
import type { CaptureOptions } from './cdc.ts';
import { type Converging, forgetLoad, mayGoOn } from './converge.ts';
import { type Inbox, openInbox } from './inbox/inbox.ts';
import { noteJoinedColumns } from './joined-columns.ts';
import type { Marks } from './load.ts';
import { giveUpBeside, loadBeside, toLoadBeside } from './load-beside.ts';
import { readLoads } from './load-record.ts';
import { lossError, lossFinding } from './lost.ts';
import { lossesOf, pendingGaps } from './mend.ts';
import { afterAll } from './mend-beside.ts';
import { type Found, loggedTables, openLog } from './open-log.ts';
import type { Route } from './sink.ts';
import { convergeOn, joinedOf, type Loads, loadJoined, loadNew } from './start-loads.ts';
import { mendStreams } from './start-mends.ts';
import { viewsOf } from './views.ts';

/** Streams of one `node.container` share sessions, whosever `store` opened them. */
export type CdcStream = {
  readonly node: StreamNode;
  readonly store: () => Promise<Connection>;
  /** How and from where the plan says that it is read; absent: nobody minds. */
  readonly reads?: string;
};

/** A stream that is loaded and ours. */
export type OwnStream = {
  readonly node: StreamNode;
  readonly belief: Belief;
  readonly open: () => Promise<Connection>;
  /** While streams are opened; a stream borrows one where it has work, see `Opened.sessions`. */
  store: Connection | null;
  held: Checkpoint;
  /** Where its changes wait; null: they are merged as they come. */
  inbox: Inbox | null;
  /** Why it is parked; null: it is not. */
  parked: Error | null;
  /** Is there something to do at its next opening, for which the inbox must be empty? */
  isDue: boolean;
  /** Why the log is not followed from where its rows are; null: it is. */
  loss: Pick<Loss, 'message' | 'help'> | null;
  /** Until its rows are of one position; null: they are. */
  converging: Converging | null;
  /** Its rows are read when those of another are: nothing of the log is its own. */
  isWaiting: boolean;
  /** Why rows of it could not be loaded, which is tried again; null: they could. */
  unloaded: EngineError | null;
};

export type Opened = AsyncDisposable & {
  readonly log: OpenLog;
  readonly streams: readonly OwnStream[];
  /** By the log's table. */
  readonly routes: readonly Route[];
  /** Of each store some, which its streams borrow while they have work. */
  readonly sessions: Sessions;
  /** Of one stream rows that are read anew, of one the load. */
  readonly besides: readonly Beside[];
  /** The last look at the source that was noted. */
  readonly seen: { -readonly [of in keyof Look]: Look[of] };
};

/**
 * Opens log and stores, takes the streams over, and loads those that have nothing yet. Each step may be cut: a slot of
 * which nothing was loaded is made anew at the next start, and a load goes on with what is not there yet. `isAgain`: after a
 * reading that has told what is lost.
 */
export async function openStreams(
  log: ChangeLog,
  access: Access,
  capture: Capture,
  name: CaptureName,
  streams: readonly CdcStream[],
  options: CaptureOptions,
  isAgain = false,
): Promise<Opened> {
  const hook = options.hook ?? (() => Promise.resolve());
  const closing: AsyncDisposable[] = [];
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one[Symbol.asyncDispose]();
  };
  const openOf = (container: string) =>
    must(
      streams.find(({ node }) => node.container === container),
      'stream of a store',
    ).store();
  const most = options.sessionsAtOnce ?? usualSessions;
  const sessions = lentSessions({ connect: openOf, most, idleMs: idleSessionMs });
  closing.push(sessions);
  /** One of each store serves all its streams while they are opened, one after the other. */
  const opening = new Map<string, Lent>();
  const opens = async (container: string): Promise<Connection> => {
    const lent = opening.get(container) ?? (await sessions.borrow(container));
    opening.set(container, lent);
    return lent.session;
  };
  try {
    const found = await findStreams(streams, opens);
    const directory = options.directory ?? join(tmpdir(), `freehold-${process.getuid?.() ?? 'spool'}`);
    let opened = await openLog(log, access, name, found, new Set(), directory, options);
    closing.push(opened);
    await hook('opened');
    let look = await opened.look();
    const tables = loggedTables(found, new Set());
    const markOf = (address: string) => look.marks[tables.findIndex((table) => table.address === address)] ?? '';

    const own: OwnStream[] = [];
    const elsewhere = new Set<OwnStream>();
    for (const one of found) {
      const { belief, open, store, loaded, loads } = one;
      const held = await takeOver(store, one.node.stream, belief);
      // From here on whoever gives its tables another layout fences us.
      const { datasets } = one.node;
      if (await isKeptOtherwise(store, datasets))
        one.node = { ...one.node, datasets: await ensureTables(store, datasets) };
      const { node } = one;
      const inbox = await openInbox(store, held, options.clock.nowMs());
      // Of one that is paused now, more may be lost than was.
      if (inbox?.why === 'paused') one.pending = await pendingGaps(store, node.stream);
      const { pending } = one;
      const stream: OwnStream = {
        node,
        belief,
        open,
        store,
        held,
        inbox,
        parked: null,
        isDue: false,
        loss: null,
        converging: null,
        isWaiting: false,
        unloaded: null,
      };
      own.push(stream);
      const lost = new Set([...look.losses.keys()].map((table) => tables[table]?.address ?? ''));
      if (!(await mayGoOn(stream, inbox, loads, opened, { loaded, lost, pending }))) {
        one.loads = new Map();
        // Of a new stream what waits is of no use without the load that it was to follow.
        if ((held.ordinal === 0n && inbox !== null) || (await readLoads(store, node.stream)).size > 0) {
          stream.held = await forgetLoad(store, stream);
          if (stream.held.ordinal === 0n) stream.inbox = null;
          one.pending = await pendingGaps(store, node.stream);
        }
      }
      for (const { address, loss } of await lossesOf(stream, tables, look, opened, one.pending)) {
        const isTold = isAgain && one.pending.some((gap) => gap.address === address && gap.cause === loss.cause);
        if (!isTold) options.onLoss?.(node.stream, lossFinding(node.stream, loss));
        stream.loss = loss;
        if (loss.cause === 'other-server') elsewhere.add(stream);
        await noteGap(store, node.stream, { address, cause: loss.cause, isAccepted: false });
        one.pending = await pendingGaps(store, node.stream);
      }
    }
    await hook('taken over');
    const missed = found.flatMap(({ pending }) =>
      pending.flatMap(({ address, cause }) => (address === null || !isOfLoss({ cause }) ? [] : [address])),
    );
    const renewed = new Set(missed.filter((address) => markOf(address) !== ''));
    if (renewed.size > 0) {
      // Only tables that are read anew are published anew.
      await closing.pop()?.[Symbol.asyncDispose]();
      opened = await openLog(log, access, name, found, renewed, directory, options);
      closing.push(opened);
      look = await opened.look();
    }
    const marks: Marks = new Map(tables.map(({ address }) => [address, markOf(address)]));
    const pendings = new Map(own.map((stream, i) => [stream, must(found[i], 'stream').pending]));
    const { beside: resyncing, passedOver } = await mendStreams(pendings, elsewhere, {
      log: opened,
      capture,
      marks,
      options,
      hook,
    });
    if (resyncing !== null) closing.push(resyncing);
    for (const stream of own) await doOrdersOf(stream, options, hook);
    if (opened.isNew && own.every(({ loss }) => loss !== null)) {
      // Nothing that was made at this source is of use.
      await closing.pop()?.[Symbol.asyncDispose]();
      await log.drop(access, name);
      const [first] = own;
      if (first !== undefined) throw lossError(first.node.stream, must(first.loss, 'loss'));
    }
    const going = own.filter(({ loss, isWaiting }) => loss === null && !isWaiting);
    const joined = await joinedOf(own);
    // The snapshot of a new slot is gone when its log is read.
    const toLoad = opened.isNew ? [] : toLoadBeside(going, joined);
    const ready = going.filter((stream) => !toLoad.includes(stream));
    for (const [i, stream] of own.entries()) {
      // A new one goes on, and then has what waits.
      if (stream === toLoad[0] || (stream.held.ordinal === 0n && ready.includes(stream))) continue;
      if (await giveUpBeside(stream, joined, options.clock.nowMs())) must(found[i], 'stream').loads = new Map();
    }
    await using views = viewsOf(opened, options.clock, options.loadViewMs);
    const records = new Map(found.map((one) => [one.node.stream, one.loads]));
    const loads: Loads = { log: opened, views, capture, marks, records, options };
    await loadNew(ready, loads);
    await loadJoined(ready, joined, loads);
    for (const stream of ready) {
      await noteMarks(stream, marks);
      await convergeOn(stream, loads);
    }
    const [next, ...waiting] = toLoad;
    for (const stream of waiting) stream.isWaiting = stream.held.ordinal === 0n;
    const loading = next === undefined ? null : await loadBeside(next, joined.get(next) ?? null, loads);
    if (loading !== null) closing.push(loading);
    const routes = await routesOf(own, passedOver);
    for (const stream of own) stream.store = null;
    await closeAll(opening);
    const [warning = null] = look.findings;
    options.onWarning?.(warning);
    return {
      log: opened,
      streams: own,
      routes,
      sessions,
      besides: [resyncing, loading].filter((one) => one !== null),
      seen: { ...look },
      [Symbol.asyncDispose]: close,
    };
  } catch (failure) {
    await closeAll(opening);
    await close();
    throw failure;
  }
}

/** Streams as their stores have them; what is not there is made. */
async function findStreams(
  streams: readonly CdcStream[],
  opens: (container: string) => Promise<Connection>,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  const isReady = new Set<string>();
  for (const { node, store: open, reads } of streams) {
    const store = await opens(node.container);
    const addresses = node.datasets.map(({ address }) => address);
    const belief = { addresses, ...(reads === undefined ? {} : { reads }) };
    if (!isReady.has(node.container)) await ensureBookkeeping(store);
    isReady.add(node.container);
    // Before anything is made or noted, or the source touched.
    await refuseSuperseded(store, node.stream, belief);
    const datasets = await ensureTables(store, node.datasets);
    await noteJoinedColumns(store, node.stream, datasets);
    const loaded = await loadedDatasets(store, node.stream);
    const loads = await readLoads(store, node.stream);
    const pending = await pendingGaps(store, node.stream);
    found.push({ node: { ...node, datasets }, belief, open, store, loaded, loads, pending });
  }
  return found;
}

/** Of one store, at once: as many as merge side by side where hundreds of streams have work, and a server can give. */
const usualSessions = 16;
const idleSessionMs = 5_000;

/** Nobody knows what opening left in them. */
async function closeAll(opening: Map<string, Lent>): Promise<void> {
  for (const lent of opening.values()) await lent.close();
  opening.clear();
}

/**
 * What operators ordered of changes that wait in quarantine, before more of the log is merged, and after what waits in an
 * inbox.
 */
async function doOrdersOf(
  stream: OwnStream,
  options: CaptureOptions,
  hook: (step: string) => Promise<void>,
): Promise<void> {
  const store = must(stream.store, 'store');
  if (stream.loss !== null || stream.held.ordinal === 0n || !(await anyOrdered(store, stream.node))) return;
  if (stream.inbox !== null) {
    stream.isDue = true;
    return;
  }
  try {
    stream.held = (await doOrders(store, stream.node, stream.held)).held;
  } catch (failure) {
    if (!(failure instanceof ChecksFailed)) throw failure;
    // Other streams go on, and this one as before: what was ordered still is.
    for (const finding of failure.findings) options.onLoss?.(stream.node.stream, finding);
    return;
  }
  await hook('released');
}

/** In a store's own time: rows of before and after are of the same tables. */
async function noteMarks({ node, store }: OwnStream, marks: Marks): Promise<void> {
  const own = node.datasets.flatMap(({ address }) => {
    const mark = marks.get(address);
    return mark === undefined ? [] : ([[address, mark]] as const);
  });
  await recordMarks(must(store, 'store'), new Map(own));
}

/** `passedOver`: up to where changes are in rows that are being read, by dataset address. */
async function routesOf(streams: readonly OwnStream[], passedOver: ReadonlyMap<string, Position>): Promise<Route[]> {
  const routes: Route[] = [];
  for (const [stream, { node, store }] of streams.entries()) {
    const loaded = await loadedDatasets(must(store, 'store'), node.stream);
    const loads = await readLoads(must(store, 'store'), node.stream);
    for (const [dataset, { address }] of node.datasets.entries()) {
      const kept = loaded.get(address) ?? loads.get(address);
      // Rows that are not here yet have no changes.
      const loadedAt = kept === undefined ? afterAll : kept.position;
      routes.push({ stream, dataset, loadedAt: passedOver.get(address) ?? loadedAt });
    }
  }
  return routes;
}
