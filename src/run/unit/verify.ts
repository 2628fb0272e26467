import type { Clock } from '../../base/clock.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { readCheckpoint } from '../../flow/checkpoint.ts';
import type { Kept } from '../../flow/verify/part.ts';
import type { VerifyRequest } from '../../flow/verify/request.ts';
import { verifyDataset } from '../../flow/verify/verify.ts';
import type { Verified } from '../../ledger/verified.ts';
import type { Plan, StreamDataset, StreamNode, VerifyNode } from '../../plan/plan.ts';
import { requestOf } from '../verify.ts';
import type { WorkContext } from './context.ts';

/** Between looking for datasets that are loaded meanwhile. */
const lookEveryMs = 10_000;
const keepEveryMs = 2_000;

/**
 * Goes round all datasets, one after the other, at a bounded load: for each second that a database works for it, it rests
 * the nineteen that a share of 5% leaves. Where it is, the ledger knows: killed, the next owner goes on there. A round is
 * whole when each dataset that is loaded was verified in it; then it rests.
 */
export async function verifyWork(node: VerifyNode, plan: Plan, context: WorkContext): Promise<void> {
  const { clock, signal, ledger } = context;
  const streams = plan.nodes.filter((each) => each.kind === 'stream').filter(({ id }) => node.streams.includes(id));
  const all = streams.flatMap((stream) => stream.datasets.map((dataset) => ({ stream, dataset })));
  await clock.sleep(lookEveryMs, signal);
  while (!signal.aborted) {
    const known = new Map((await ledger.verified()).map((each) => [each.address, each]));
    const due = dueIn(all, known, clock.nowMs() - node.restMs);
    if (due.datasets.length === 0) {
      await clock.sleep(Math.min(lookEveryMs, node.restMs), signal);
      continue;
    }
    for (const { stream, dataset } of due.datasets) {
      if (signal.aborted) return;
      await verifyOne(stream, dataset, known.get(dataset.address) ?? neverVerified(dataset.address), due.round);
    }
    if (signal.aborted) return;
    await clock.sleep(lookEveryMs, signal);
  }

  /** The last erasure in the stream's store. */
  async function erasedIn({ stream, container }: StreamNode): Promise<bigint> {
    await using store = await context.containers.connect(container, 'verify');
    try {
      return (await readCheckpoint(store, stream))?.erased ?? 0n;
    } catch (failure) {
      if (failure instanceof EngineError && failure.kind === 'missing') return 0n;
      throw failure;
    }
  }

  async function verifyOne(stream: StreamNode, dataset: StreamDataset, before: Verified, round: number): Promise<void> {
    const paced = pacing(node.share, clock, signal);
    let keptMs = clock.nowMs();
    try {
      const erased = await erasedIn(stream);
      const resume = before.kept === null ? null : keptOf(before.kept, erased);
      const request = await requestOf(plan, context.containers, ledger, stream, dataset, {
        clock,
        isMoving: true,
        signal,
      });
      const verdict = await verifyDataset({
        ...timed(request, paced),
        pace: paced.pace,
        ...(resume === null ? {} : { resume }),
        onProgress: async (kept) => {
          if (clock.nowMs() - keptMs < keepEveryMs) return;
          keptMs = clock.nowMs();
          await ledger.recordVerified({ ...before, kept: JSON.stringify({ ...kept, erased: String(erased) }) });
        },
      });
      if (signal.aborted) return;
      // What it found before an erasure may name what was erased.
      if ((await erasedIn(stream)) !== erased) return await ledger.forget(dataset.address, []);
      // Not loaded yet: it has its turn when it is.
      const isUnloaded =
        verdict.completeFrom === null && verdict.findings.every(({ rule }) => rule === 'verify-behind');
      if (isUnloaded && before.round === 0) return;
      await told(verdict.findings, verdict.differences, verdict.checked, verdict.ranges);
    } catch (failure) {
      if (signal.aborted || failure instanceof Stopped) return;
      if (!(failure instanceof EngineError)) throw failure;
      await told([away(stream, dataset, failure)], before.differences, before.checked, before.ranges);
    }

    async function told(findings: readonly Finding[], differences: number, checked: number, ranges: number) {
      const { address } = dataset;
      const atMs = clock.nowMs();
      await ledger.recordVerified({ address, round, atMs, checked, ranges, differences, findings, kept: null });
      context.on({ kind: 'verified', unit: node.id, stream: stream.stream, dataset: address, differences, findings });
    }
  }
}

type Due = {
  readonly round: number;
  readonly datasets: readonly { readonly stream: StreamNode; readonly dataset: StreamDataset }[];
};

/**
 * The datasets that the present round lacks; of the next one all, once the last proof of this one is old enough. What was
 * never verified is not loaded, perhaps, and does not hold up the others.
 */
export function dueIn(all: Due['datasets'], known: ReadonlyMap<string, Verified>, restedSinceMs: number): Due {
  const done = all.flatMap(({ dataset }) => known.get(dataset.address) ?? []);
  const round = Math.max(1, ...done.map((each) => each.round));
  const isDone = ({ address }: StreamDataset) => (known.get(address)?.round ?? 0) >= round;
  const lacking = all.filter(({ dataset }) => !isDone(dataset));
  const isWhole = lacking.every(({ dataset }) => known.get(dataset.address) === undefined);
  const isRested = done.every(({ atMs }) => (atMs ?? 0) <= restedSinceMs);
  return done.length > 0 && isWhole && isRested ? { round: round + 1, datasets: all } : { round, datasets: lacking };
}

function neverVerified(address: string): Verified {
  return { address, round: 0, atMs: null, checked: 0, ranges: 0, differences: 0, findings: [], kept: null };
}

/** What we wrote ourselves; of another release, or of before an erasure, it begins anew. */
function keptOf(text: string, erased: bigint): Kept | null {
  const { erased: then, ...kept }: Kept & { readonly erased?: string } = JSON.parse(text);
  return Array.isArray(kept.parts) && then === String(erased) ? kept : null;
}

class Stopped extends Error {}

type Paced = { readonly pace: () => Promise<void>; readonly spend: (ms: number) => void };

/** Rests as long as the share asks for what was spent; a process that stops does not go on. */
export function pacing(share: number, clock: Clock, signal: AbortSignal): Paced {
  let spentMs = 0;
  return {
    spend: (ms) => {
      spentMs += ms;
    },
    async pace() {
      const restMs = spentMs * (1 / share - 1);
      spentMs = 0;
      if (restMs > 0) await clock.sleep(restMs, signal);
      if (signal.aborted) throw new Stopped();
    },
  };
}

/** The same request on sessions whose statements' time counts. */
function timed(request: VerifyRequest, { spend }: Paced): VerifyRequest {
  const { clock } = request;
  const counted = (open: () => Promise<Connection>) => async (): Promise<Connection> => {
    const session = await open();
    return {
      ...session,
      async query(statement) {
        const startedMs = clock.nowMs();
        try {
          return await session.query(statement);
        } finally {
          spend(clock.nowMs() - startedMs);
        }
      },
    };
  };
  return {
    ...request,
    source: { ...request.source, connect: counted(request.source.connect) },
    store: { connect: counted(request.store.connect) },
    replicas: request.replicas.map((replica) => ({ ...replica, connect: counted(replica.connect) })),
  };
}

function away(stream: StreamNode, { address }: StreamDataset, failure: EngineError): Finding {
  return finding({
    rule: 'verify-unreadable',
    address,
    severity: failure.isPassing ? 'warning' : 'error',
    message: `'${address}' (stream '${stream.stream}') could not be verified: ${failure.message}`,
    help: 'It is tried again in the next round. Mend what the database says.',
  });
}
