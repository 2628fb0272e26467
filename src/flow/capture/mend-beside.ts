import { must } from '../../base/must.ts';
import type { Position } from '../../engine/capture.ts';
import { ownEpoch } from '../checkpoint.ts';
import { type Gap, isOfLoss } from '../gaps.ts';
import type { Beside, ReadBeside } from './beside.ts';
import { detachAhead, dropInbox, dropParts, resyncingReason } from './inbox/inbox.ts';
import { type Mending, mended, readAnew } from './mend.ts';
import { isOfAll } from './open-log.ts';
import type { OwnStream } from './start.ts';

/** Streams with the pending gaps that are mended now. */
export type Gaps = ReadonlyMap<OwnStream, readonly Gap[]>;

/** Behind every position: nothing of these rows is taken from the log. */
export const afterAll: Position = '\uffff';

/**
 * Streams whose rows are read anew while others of their source go on, the first to be read first. None where there is
 * nobody to wait.
 */
export function toMendBeside(own: readonly OwnStream[], gaps: Gaps): readonly OwnStream[] {
  const isGoingOn = own.some((stream) => stream.loss === null && stream.held.ordinal > 0n && !gaps.has(stream));
  if (!isGoingOn) return [];
  const some = [...gaps.keys()];
  return [...some.filter(({ inbox }) => inbox !== null), ...some.filter(({ inbox }) => inbox === null)];
}

/**
 * Begins to read the rows of pending gaps anew beside the log. The stream's next ordinal is kept for the correction: what the log
 * brings of it waits in its inbox, with ordinals from behind that on, but for changes of these rows that the view has.
 * `from`: up to where the log is passed over, by dataset address.
 */
export async function mendBeside(
  stream: OwnStream,
  gaps: readonly Gap[],
  mending: Mending,
): Promise<{ readonly beside: Beside; readonly from: ReadonlyMap<string, Position> }> {
  const { log, options, hook } = mending;
  const { stream: address } = stream.node;
  const snapshot = await log.snapshot();
  const session = await stream.open().catch(async (failure: unknown) => {
    await snapshot[Symbol.asyncDispose]();
    throw failure;
  });
  const close = async () => {
    await session[Symbol.asyncDispose]();
    await snapshot[Symbol.asyncDispose]();
  };
  try {
    await waitFor(stream, gaps, mending, snapshot.position);
    await hook('resync begun');
  } catch (failure) {
    await close();
    throw failure;
  }
  const read = async (): Promise<ReadBeside> => {
    try {
      const outcome = await readAnew(stream, gaps, snapshot, session, mending);
      if (outcome.kind === 'held') return { kind: 'refused', findings: outcome.findings };
      await hook('mended');
      mended(address, outcome, options);
      return { kind: 'read' };
    } finally {
      await close();
    }
  };
  const done = read();
  // Heard by whoever reads the log, which may be over by then.
  done.catch(() => undefined);
  const beside: Beside = {
    stream,
    done,
    async giveUp() {
      await using store = await stream.open();
      await store.transaction(async () => {
        await ownEpoch(store, stream.held);
        await dropInbox(store, address);
      });
      stream.inbox = null;
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await Promise.allSettled([done]);
    },
  };
  return { beside, from: new Map(addressesOf(stream, gaps).map((one) => [one, snapshot.position])) };
}

/**
 * Of a stream whose rows are read anew when others are: what is lost of all of it is read then. Where its log goes on, that waits
 * in its inbox; and where nothing is lost, it is merged until then.
 */
export async function waitToMend(
  stream: OwnStream,
  gaps: readonly Gap[],
  mending: Mending,
): Promise<ReadonlyMap<string, Position>> {
  if (gaps.some(isOfAll)) Object.assign(stream, { isWaiting: true, inbox: null, loss: null });
  else if (stream.inbox !== null || gaps.some(isOfLoss)) {
    await waitFor(stream, gaps, mending, must(stream.held.position, 'position'));
    return new Map(addressesOf(stream, gaps).map((address) => [address, afterAll]));
  }
  return new Map();
}

/** Has what comes wait. A gap of all rows begins behind the view at `position`; what waits of other rows goes on to do so. */
async function waitFor(
  stream: OwnStream,
  gaps: readonly Gap[],
  { log, options }: Mending,
  position: Position,
): Promise<void> {
  const store = must(stream.store, 'store');
  const { held } = stream;
  const isWhole = gaps.some(({ address }) => address === null);
  stream.inbox = await detachAhead(store, held, {
    why: 'resyncing',
    reason: resyncingReason,
    sinceMs: options.clock.nowMs(),
    ordinal: held.ordinal + 1n,
    position: isWhole ? position : must(held.position, 'position'),
    identity: log.identity,
    isAnew: isWhole,
  });
  // What waits of these rows from before is in the view.
  await dropParts(store, held.stream, addressesOf(stream, gaps));
  stream.loss = null;
}

function addressesOf({ node }: OwnStream, gaps: readonly Gap[]): readonly string[] {
  const isRead = (address: string) => gaps.some((gap) => gap.address === null || gap.address === address);
  return node.datasets.map(({ address }) => address).filter(isRead);
}
