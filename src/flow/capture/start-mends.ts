import { must } from '../../base/must.ts';
import type { Position } from '../../engine/capture.ts';
import type { Gap } from '../gaps.ts';
import type { Beside } from './beside.ts';
import { dropInbox, mergeInbox } from './inbox/inbox.ts';
import { gapsToMend, type Mending, mend } from './mend.ts';
import { mendBeside, toMendBeside, waitToMend } from './mend-beside.ts';
import { isOfAll } from './open-log.ts';
import type { OwnStream } from './start.ts';

/** `passedOver`: up to where the log's changes are in rows that are being read, or are not taken yet, by dataset address. */
export type Mends = { readonly beside: Beside | null; readonly passedOver: ReadonlyMap<string, Position> };

/**
 * Has the rows of pending gaps read anew: of one stream beside the log, of others when that is through; in front of the log where
 * no stream of the source goes on without.
 */
export async function mendStreams(
  pendings: ReadonlyMap<OwnStream, readonly Gap[]>,
  elsewhere: ReadonlySet<OwnStream>,
  mending: Mending,
): Promise<Mends> {
  const { log, options } = mending;
  const gaps = new Map<OwnStream, readonly Gap[]>();
  for (const [stream, pending] of pendings) {
    const some = (await mayMend(stream, pending)) ? await gapsToMend(stream, pending, elsewhere.has(stream)) : [];
    if (some.length > 0) gaps.set(stream, some);
    else if (stream.inbox?.why === 'resyncing' && pending.length === 0)
      stream.inbox = await mergeInbox(must(stream.store, 'store'), stream.held, options.clock.nowMs());
  }
  // The snapshot of a new slot is gone when its log is read.
  const [next, ...waiting] = log.isNew ? [] : toMendBeside([...pendings.keys()], gaps);
  for (const [stream, some] of gaps)
    if (stream !== next && !waiting.includes(stream)) await mend(stream, some, mending);
  const passedOver = new Map<string, Position>();
  const passOver = (addresses: ReadonlyMap<string, Position>) => {
    for (const [address, position] of addresses) passedOver.set(address, position);
  };
  for (const stream of waiting) passOver(await waitToMend(stream, must(gaps.get(stream), 'gaps'), mending));
  if (next === undefined) return { beside: null, passedOver };
  const { beside, from } = await mendBeside(next, must(gaps.get(next), 'gaps'), mending);
  passOver(from);
  return { beside, passedOver };
}

/**
 * Rows are read anew where no older changes wait in an inbox: those are merged first, or, where the log is lost for all of
 * the stream, they are not needed. One that is paused stays as it is.
 */
async function mayMend(stream: OwnStream, pending: readonly Gap[]): Promise<boolean> {
  const { inbox } = stream;
  if (inbox === null || inbox.why === 'resyncing') return true;
  const isLost = pending.some(isOfAll);
  if (inbox.why === 'paused' && isLost)
    stream.loss = {
      message: 'Changes that came while it was paused are lost.',
      help: `Its rows are read anew when it goes on:  freehold resume ${stream.node.stream}`,
    };
  else if (isLost) {
    await dropInbox(must(stream.store, 'store'), stream.node.stream);
    stream.inbox = null;
    return true;
  }
  stream.isDue = pending.length > 0;
  return false;
}
