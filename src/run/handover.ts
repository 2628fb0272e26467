import { must } from '../base/must.ts';
import { type Connection, EngineError } from '../engine/connection.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { handOver, NotYet, type Planned } from '../flow/handover/hand-over.ts';
import { readsText } from '../flow/handover/reads.ts';
import { placeText } from '../plan/place.ts';
import type { CaptureNode, Plan, StreamNode } from '../plan/plan.ts';
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
export type Left = { readonly node: CaptureNode; readonly failure: EngineError };

/** Drops slot and publication of captures that nobody has any use for, where their source still answers; those that are left. */
export async function dropCaptures(nodes: readonly CaptureNode[], containers: Containers): Promise<readonly Left[]> {
  const left: Left[] = [];
  for (const node of nodes) {
    try {
      const { capture } = await containers.engine(node.container);
      await capture?.log?.drop(await containers.access(node.container), node.name);
    } catch (failure) {
      if (!(failure instanceof EngineError)) throw failure;
      left.push({ node, failure });
    }
  }
  return left;
}

/** Captures of the deployed plan that read a database by a name that no capture of this one has there. */
export async function capturesGone(
  deployed: Plan | null,
  plan: Plan,
  before: Containers,
  containers: Containers,
): Promise<readonly CaptureNode[]> {
  const gone: CaptureNode[] = [];
  for (const old of deployed?.nodes ?? []) {
    if (old.kind !== 'capture' || deployed === null) continue;
    const same = plan.nodes.filter((node) => node.kind === 'capture').find((node) => node.name === old.name);
    if (same !== undefined && placeOf(same.container, plan) === placeOf(old.container, deployed)) continue;
    if (same !== undefined && (await isSameDatabase([old.container, before], [same.container, containers]))) continue;
    gone.push(old);
  }
  return gone;
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

export function captureLeft({ node, failure }: Left): Finding {
  return finding({
    rule: 'capture-left',
    severity: 'warning',
    address: null,
    message: `the log of '${node.connection}' is not read any more from where it was, and slot and publication '${node.name}' could not be dropped there: ${failure.message} While a slot is there, its server keeps its log for it.`,
    help: `On that server, once nobody reads it:  select pg_drop_replication_slot('${node.name}'); drop publication if exists ${node.name}, ${node.name.slice(0, 56)}_append;`,
  });
}
