import { systemClock } from '../base/clock.ts';
import { type Inbox, inboxOf } from '../flow/capture/inbox/inbox.ts';
import { isPaused, orderPause, orderResume } from '../flow/capture/inbox/orders.ts';
import { ensureBookkeeping, readCheckpoint } from '../flow/checkpoint.ts';
import type { Ledger } from '../ledger/open.ts';
import type { StreamNode } from '../plan/plan.ts';
import type { Containers } from './containers.ts';

/** `inbox`: what waits, and why; null: its changes are merged as they come. */
export type PauseState = { readonly isLoaded: boolean; readonly isPaused: boolean; readonly inbox: Inbox | null };

/** How a stream stands to being paused. */
export async function pauseState(node: StreamNode, containers: Containers): Promise<PauseState> {
  await using store = await containers.connect(node.container, 'pause');
  await ensureBookkeeping(store);
  const held = await readCheckpoint(store, node.stream);
  return {
    isLoaded: held !== null && held.ordinal > 0n,
    isPaused: await isPaused(store, node.stream),
    inbox: await inboxOf(store, node.stream),
  };
}

/** Pauses a stream, or has it go on. The audit log has it first. Whoever runs the stream does it within seconds, else the next. */
export async function order(
  verb: 'pause' | 'resume',
  node: StreamNode,
  actor: string,
  environment: string,
  containers: Containers,
  ledger: Ledger,
): Promise<void> {
  await using store = await containers.connect(node.container, 'pause');
  await ledger.audit({ actor, verb, object: node.stream, detail: { environment } });
  if (verb === 'pause') await orderPause(store, node.stream, actor, systemClock.nowMs());
  else await orderResume(store, node.stream);
}
