import { must } from '../base/must.ts';
import { type Connection, EngineError } from '../engine/connection.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { handOver, NotYet, type Planned } from '../flow/handover/hand-over.ts';
import { readsText } from '../flow/handover/reads.ts';
import type { Leaving } from '../ledger/leaving.ts';
import { placeText } from '../plan/place.ts';
import type { Plan, StreamNode } from '../plan/plan.ts';
import type { Containers } from './containers.ts';

/** How and from where the plan reads a stream, as the store notes it. */
export function readsOf({ mode, source }: StreamNode, plan: Plan): string {
  return readsText({ mode, place: placeOf(source, plan) });
}

function placeOf(container: string, plan: Plan): string {
  return placeText(must(plan.containers[container], `container '${container}'`));
}

/**
 * Streams that changed their shape or their source between the deployed plan and this one: store by store, one transaction
 * each. Idempotent. Findings say why a store's are as they were. Errors: EngineError.
 */
export async function handOverStreams(
  deployed: Plan | null,
  plan: Plan,
  containers: Containers,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const streams = plan.nodes.filter((node) => node.kind === 'stream');
  const before = deployed?.nodes.filter((node) => node.kind === 'stream') ?? [];
  const sources = new Map<string, string | null>();
  for (const source of new Set(streams.map((node) => node.source)))
    sources.set(source, await whichDatabase(source, containers));
  for (const store of new Set(streams.map((node) => node.container))) {
    const planned = streams
      .filter((node) => node.container === store)
      .map(
        ({ stream, datasets, mode, source }): Planned => ({
          stream,
          addresses: datasets.map(({ address }) => address),
          mode,
          place: placeOf(source, plan),
          source: sources.get(source) ?? null,
        }),
      );
    await using session = await containers.connect(store, 'handover');
    const gone = before.filter((node) => node.container === store).map(({ stream }) => stream);
    try {
      await handOver(session, planned, gone);
    } catch (refused) {
      if (!(refused instanceof NotYet)) throw refused;
      findings.push(...refused.findings);
    }
  }
  return findings;
}

async function whichDatabase(source: string, containers: Containers): Promise<string | null> {
  const { capture } = await containers.engine(source);
  if (capture?.database === undefined) return null;
  await using session: Connection = await containers.connect(source, 'handover');
  return await capture.database(session);
}

/** A capture whose slot and publication could not be dropped, and why. */
export type Left = { readonly capture: Leaving; readonly failure: EngineError };

/** Drops slot and publication of captures that nobody has any use for, where their source still answers; those that are left. */
export async function dropCaptures(leaving: readonly Leaving[], containers: Containers): Promise<readonly Left[]> {
  const left: Left[] = [];
  for (const one of leaving) {
    const [id, there] = whereIs(one, containers);
    try {
      const { capture } = await there.engine(id);
      await capture?.log?.drop(await there.access(id), one.node.name);
    } catch (failure) {
      if (!(failure instanceof EngineError)) throw failure;
      left.push({ capture: one, failure });
    }
  }
  return left;
}

/**
 * Captures of the deployed plan, and of those that an earlier apply was to leave, that read a database by a name that no
 * capture of this plan has there.
 */
export async function capturesGone(
  deployed: Plan | null,
  noted: readonly Leaving[],
  plan: Plan,
  containers: Containers,
): Promise<readonly Leaving[]> {
  const former = (deployed?.nodes ?? []).flatMap((node): Leaving[] => {
    const container = deployed?.containers[node.kind === 'capture' ? node.container : ''];
    return node.kind === 'capture' && container !== undefined ? [{ node, container }] : [];
  });
  const gone = new Map<string, Leaving>();
  for (const one of [...former, ...noted]) {
    const { name } = one.node;
    const place = placeText(one.container);
    const same = plan.nodes.filter((node) => node.kind === 'capture').find((node) => node.name === name);
    if (same !== undefined && placeOf(same.container, plan) === place) continue;
    if (same !== undefined && (await isSameDatabase(whereIs(one, containers), [same.container, containers]))) continue;
    gone.set(`${name} at ${place}`, one);
  }
  return [...gone.values()];
}

/** The id of its container, and containers among which that is. */
function whereIs({ node, container }: Leaving, containers: Containers): readonly [string, Containers] {
  return [node.container, containers.of({ [node.container]: container })];
}

/** Is it one database under two names? Not, where one of them does not answer: then nothing can be dropped there either. */
async function isSameDatabase(...both: readonly (readonly [string, Containers])[]): Promise<boolean> {
  try {
    const [a, b] = await Promise.all(both.map(([source, containers]) => whichDatabase(source, containers)));
    return a !== null && a === b;
  } catch (failure) {
    if (failure instanceof EngineError) return false;
    throw failure;
  }
}

/** Somebody reads it still: the next apply tries again. */
export function isBusy({ failure }: Left): boolean {
  return failure.kind === 'conflict';
}

export function captureLeft(left: Left): Finding {
  const { node } = left.capture;
  return finding({
    rule: 'capture-left',
    severity: 'warning',
    address: null,
    message: `the log of '${node.connection}' is not read any more from where it was, and slot and publication '${node.name}' could not be dropped there: ${left.failure.message} While a slot is there, its server keeps its log for it.`,
    help: `${isBusy(left) ? 'Once nobody reads it, apply again; or, on that server:' : 'On that server, once nobody reads it:'}  select pg_drop_replication_slot('${node.name}'); drop publication if exists ${node.name}, ${node.name.slice(0, 56)}_append;`,
  });
}
