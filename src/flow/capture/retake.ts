import type { Position } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import { type Checkpoint, Fenced, stillOurs, takeOver } from '../checkpoint.ts';
import type { Sessions } from '../sessions.ts';
import { isKeptOtherwise } from '../versions.ts';
import { detach, type Inbox, reachOf } from './inbox/inbox.ts';
import type { OwnStream } from './start.ts';

/** Where the log goes on for a stream: behind what is in its rows, and in its inbox. A lost stream has no position; it receives nothing. */
export function receivedOf({ held, inbox }: Pick<OwnStream, 'held' | 'inbox'>): {
  readonly ordinal: bigint;
  readonly position: Position;
} {
  const { ordinal, position } = reachOf(held, inbox);
  return { ordinal, position: position ?? '' };
}

/**
 * Takes a stream over again, in a session that it borrows. True: all is to be opened, and looked at, anew. So it is where its
 * store is further back than it was: a copy has taken the store's place, and what was acknowledged may be more than the copy
 * has. And where its tables have another layout.
 */
export function retake(
  sessions: Sessions,
  stream: OwnStream,
  inboxOf: (store: Connection, held: Checkpoint) => Promise<Inbox | null>,
): Promise<boolean> {
  const { container, stream: address, datasets } = stream.node;
  return sessions.lend(container, async (store) => {
    const before = receivedOf(stream);
    stream.held = await takeOver(store, address, stream.belief);
    stream.inbox = await inboxOf(store, stream.held);
    const now = receivedOf(stream);
    const isFurtherBack = now.ordinal < before.ordinal || now.position < before.position;
    return isFurtherBack || (await isKeptOtherwise(store, datasets));
  });
}

/** Lets what changes of a stream wait from now on. As `retake`; null: not even that can be written. */
export async function putOff(
  sessions: Sessions,
  stream: OwnStream,
  as: Parameters<typeof detach>[2],
): Promise<boolean | null> {
  try {
    return await retake(sessions, stream, (store, held) => detach(store, held, as));
  } catch (failure) {
    if (failure instanceof EngineError || failure instanceof Fenced) return null;
    throw failure;
  }
}

/** Was the stream moved without being taken from us, by an erasure? Then its log is read again from where it is. */
export async function isMovedAside(
  sessions: Sessions,
  { node, held }: Pick<OwnStream, 'node' | 'held'>,
  failure: Error,
): Promise<boolean> {
  if (!(failure instanceof Fenced)) return false;
  try {
    return (await sessions.lend(node.container, (store) => stillOurs(store, held))) !== null;
  } catch (reason) {
    if (reason instanceof EngineError) return reason.isPassing;
    throw reason;
  }
}
