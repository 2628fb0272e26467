/** Model x environment x facts x sizes -> Plan. Pure: equal inputs give equal plans, byte for byte. */
import { byCodePoint, digestJson } from '../base/digest.ts';
import type { Facts } from '../engine/facts.ts';
import type { Finding } from '../findings/finding.ts';
import { finding, inReadingOrder } from '../findings/make.ts';
import { digestModel } from '../model/canonical.ts';
import { own } from '../model/effective.ts';
import type { Container, Environment, Model } from '../model/model.ts';
import { captureNodes } from './capture-nodes.ts';
import { nameFindings } from './collisions.ts';
import { pastFindings } from './past-removal.ts';
import type { Node, Plan } from './plan.ts';
import { publishNodes } from './publish-nodes.ts';
import { purgeNodes } from './purge-nodes.ts';
import { groupsOf } from './reads.ts';
import { replicateNodes } from './replicate-nodes.ts';
import { type Serving, serveGroup } from './serve.ts';
import { streamNodes } from './stream-nodes.ts';
import { type StreamDraft, streamsOf } from './streams.ts';
import { verifyNodes } from './verify-node.ts';

/** Dataset address -> bytes, declared or measured; absent: unknown. */
export type Sizes = Readonly<Record<string, number>>;

export type MadePlan = { readonly plan: Plan | null; readonly findings: readonly Finding[] };

/**
 * The plan of an environment, or the errors that stand in its way; warnings come with the plan. `asOfMs`: the time that it
 * is made for, by which deprecated things are served or not; absent: before all time.
 */
export function makePlan(
  model: Model,
  environment: string,
  facts: Facts,
  sizes: Sizes,
  asOfMs: number = Number.NEGATIVE_INFINITY,
): MadePlan {
  const bound = own(model.environments, environment);
  if (bound === undefined) return { plan: null, findings: [unknownEnvironment(model, environment)] };
  const { streams, findings } = streamsOf(model, bound, facts, sizes);
  const byDataset = new Map(
    streams.flatMap((stream) =>
      [...stream.datasets.keys()].map((name): [string, StreamDraft] => [`${stream.datastore.address}.${name}`, stream]),
    ),
  );
  const groups = groupsOf(model, asOfMs);
  const judged = groups
    .filter(({ reads, past }) => reads.size > 0 || past.length === 0)
    .map((group) => serveGroup(group, byDataset, bound, facts));
  const ended = groups.flatMap(({ address, past }) => pastFindings(address, past));
  const servings = judged.filter((each): each is Serving => 'container' in each);
  const refused = judged.filter((each): each is Finding => 'rule' in each);

  const replicating = replicateNodes(servings);
  const feeding = streamNodes(streams, servings);
  const nodes: readonly Node[] = [
    ...captureNodes(feeding, bound, facts),
    ...feeding,
    ...replicating,
    ...publishNodes(servings, feeding, replicating, `${model.mesh.name}/${environment}`),
    ...purgeNodes(feeding, replicating),
    ...verifyNodes(feeding),
  ];
  const all = inReadingOrder([...findings, ...refused, ...ended, ...nameFindings(nodes, servings, streams)]);
  if (all.some(({ severity }) => severity === 'error')) return { plan: null, findings: all };
  const plan: Plan = {
    version: 1,
    mesh: model.mesh.name,
    environment,
    model: digestModel(model),
    containers: containersOf(bound, nodes),
    nodes,
  };
  return { plan, findings: all };
}

/** What the digest of a plan is: equal plans do the same. */
export function planDigest(plan: Plan): string {
  return digestJson(plan);
}

/** The ledger, and each container that a node uses. */
function containersOf(environment: Environment, nodes: readonly Node[]): Readonly<Record<string, Container>> {
  const used = new Set(
    nodes.flatMap((node) =>
      node.kind === 'verify' ? [] : [node.container, ...(node.kind === 'stream' ? [node.source] : [])],
    ),
  );
  const replicas = Object.entries(environment.replicas ?? {});
  const all: readonly (readonly [string, Container])[] = [
    ...Object.entries(environment.connections).map(([name, c]) => [`connection:${name}`, c] as const),
    ...Object.entries(environment.stores).map(([name, c]) => [`store:${name}`, c] as const),
    ...replicas.flatMap(([name, { on }]) => on.map((c, i) => [`replica:${name}:${i}`, c] as const)),
  ];
  const kept = all.filter(([id]) => used.has(id)).toSorted(([a], [b]) => byCodePoint(a, b));
  return Object.fromEntries([['ledger', environment.ledger], ...kept]);
}

function unknownEnvironment(model: Model, environment: string): Finding {
  const names = Object.keys(model.environments).map((name) => `'${name}'`);
  return finding({
    rule: 'unknown-environment',
    message: `the model has no environment '${environment}'.`,
    help: names.length === 0 ? 'Declare one with  environment(...).' : `It has ${names.join(', ')}.`,
  });
}
