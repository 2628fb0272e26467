import { byCodePoint } from '../base/digest.ts';
import type { EngineFacts, Facts, Purpose } from '../engine/facts.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { keyOf, own, purposeOf, type Read } from '../model/effective.ts';
import type { Environment, Reference } from '../model/model.ts';
import type { GroupReads } from './reads.ts';
import type { StreamDraft } from './streams.ts';

/** The one container that serves a group. */
export type Serving = {
  readonly group: GroupReads;
  readonly container: string;
  readonly facts: EngineFacts;
  readonly isReplica: boolean;
  /** Streams it needs, by dataset address. */
  readonly streams: ReadonlyMap<string, StreamDraft>;
  readonly why: readonly string[];
};

type Candidate = {
  readonly container: string;
  readonly facts: EngineFacts | undefined;
  readonly engine: string;
  readonly isReplica: boolean;
  readonly serves: readonly Purpose[] | null;
};

/** Chooses where a group is published: all its datasets in one container, or a finding with each candidate's reason. */
export function serveGroup(
  group: GroupReads,
  streams: ReadonlyMap<string, StreamDraft>,
  environment: Environment,
  facts: Facts,
): Serving | Finding {
  const absent = [...group.reads.keys()].filter((address) => !streams.has(address));
  if (group.unknown.length > 0 || group.reads.size === 0) return refusedUnknown(group);
  if (absent.length > 0) return refusedAbsent(group, absent, environment);
  // Whatever is not refused here is published row by row, as it is.
  const hiding = group.group.read.find(({ mask, rows }) => mask !== undefined || rows !== undefined);
  if (hiding !== undefined) return refusedHiding(group, hiding);
  const needed = new Map([...group.reads.keys()].flatMap((address) => entry(streams, address)));
  const stores = [...new Set([...needed.values()].map((stream) => stream.store.container))];
  const judged = candidates(group, needed, stores, environment, facts).map((candidate) => ({
    candidate,
    refusal: whyNot(candidate, group),
  }));
  const spread = stores.length > 1 ? [`Not in a store: its datasets rest in several (${stores.join(', ')}).`] : [];
  const best = judged.find(({ refusal }) => refusal === null)?.candidate;
  const losers = judged
    .filter(({ candidate }) => candidate !== best)
    .map(({ candidate, refusal }) => `Not in '${candidate.container}': ${refusal ?? 'ranked after the one chosen'}.`);
  if (best?.facts === undefined) return refusedAll(group, [...losers, ...spread]);
  return {
    group,
    container: best.container,
    facts: best.facts,
    isReplica: best.isReplica,
    streams: needed,
    why: [chosen(best, group), ...losers, ...spread],
  };
}

function entry<T>(of: ReadonlyMap<string, T>, key: string): readonly (readonly [string, T])[] {
  const value = of.get(key);
  return value === undefined ? [] : [[key, value]];
}

/** Best first: replicas that serve the purpose, by how good their engine is at it, then by name; then the store. */
function candidates(
  group: GroupReads,
  needed: ReadonlyMap<string, StreamDraft>,
  stores: readonly string[],
  environment: Environment,
  facts: Facts,
): readonly Candidate[] {
  const purpose = purposeOf(group.group);
  const replicas = Object.entries(environment.replicas ?? {})
    .flatMap(([name, { on, serves }]) =>
      on.map(
        ({ engine }, i): Candidate => ({
          container: `replica:${name}:${i}`,
          facts: own(facts, engine),
          engine,
          isReplica: true,
          serves,
        }),
      ),
    )
    .map((candidate) => ({ candidate, rank: rank(candidate, purpose) }))
    .sort((a, b) => a.rank - b.rank || byCodePoint(a.candidate.container, b.candidate.container))
    .map(({ candidate }) => candidate);
  const first = [...needed.values()][0];
  const store: readonly Candidate[] =
    stores.length === 1 && first !== undefined
      ? [
          {
            container: first.store.container,
            facts: first.store.facts,
            engine: first.store.facts.engine,
            isReplica: false,
            serves: null,
          },
        ]
      : [];
  return [...replicas, ...store];
}

function rank({ facts, serves }: Candidate, purpose: Purpose): number {
  if (serves !== null && !serves.includes(purpose)) return 100;
  const place = facts?.serves.indexOf(purpose) ?? -1;
  return place < 0 ? 50 : place;
}

function whyNot(candidate: Candidate, group: GroupReads): string | null {
  const { facts, serves, isReplica } = candidate;
  const purpose = purposeOf(group.group);
  if (facts === undefined) return `engine '${candidate.engine}' is not known to this version`;
  if (isReplica && !facts.replica) return `${facts.title} is no replica`;
  if (serves !== null && !serves.includes(purpose))
    return `it serves ${serves.join(' and ')}, and the group is for ${purpose}`;
  for (const [address, read] of group.reads)
    for (const column of copiedColumns(read)) {
      const type = own(read.dataset.columns, column)?.type;
      const held = type === undefined ? null : facts.holds(type);
      if (held !== null && 'refused' in held)
        return `${facts.title} cannot hold '${address}#${column}': ${held.refused}`;
    }
  return null;
}

/** What a reader's replica must hold of a dataset: the columns it sees, and the key, by which changes are merged. */
export function copiedColumns(read: Read): readonly string[] {
  const wanted = new Set([...read.columns, ...keyOf(read.dataset)]);
  return Object.keys(read.dataset.columns).filter((column) => wanted.has(column));
}

function chosen({ container, facts, isReplica }: Candidate, group: GroupReads): string {
  const purpose = purposeOf(group.group);
  // Whether that was written is not known: a model in canonical form holds no defaults.
  const says = `is for ${purpose}${group.group.for === undefined ? ', as one that names no purpose is' : ''}`;
  return isReplica
    ? `Served from '${container}' (${facts?.title ?? ''}): the group ${says}, which this replica serves.`
    : `Served from '${container}' (${facts?.title ?? ''}): the group ${says}, no replica can serve it, and its datasets rest there.`;
}

function refusedUnknown(group: GroupReads): Finding {
  return finding({
    rule: 'group-not-served',
    address: group.address,
    message:
      group.unknown.length > 0
        ? `group '${group.address}' reads ${group.unknown.map((u) => `'${u}'`).join(', ')}, which the model does not have.`
        : `group '${group.address}' reads nothing.`,
    help: 'Correct the references under  read.',
  });
}

/** The gate judges masks and conditions; this release publishes without them, and so not at all. */
function refusedHiding(group: GroupReads, { from, mask, rows }: Reference): Finding {
  const what = [...(mask === undefined ? [] : ['masks']), ...(rows === undefined ? [] : ['a condition on rows'])];
  return finding({
    rule: 'mask-not-run',
    address: group.address,
    message: `group '${group.address}' reads '${from}' behind ${what.join(' and ')}, and this release publishes rows as they are: its readers would see what they must not.`,
    help: 'Read only columns and datasets that its readers may see as they are, or leave the group out of the model for now.',
  });
}

function refusedAbsent(group: GroupReads, absent: readonly string[], environment: Environment): Finding {
  return finding({
    rule: 'group-not-served',
    severity: 'warning',
    address: group.address,
    message: `group '${group.address}' is not served in environment '${environment.name}': ${absent.map((a) => `'${a}'`).join(', ')} ${absent.length === 1 ? 'does' : 'do'} not run there.`,
    help: `Bind the missing connections in environment '${environment.name}', where the group should be served.`,
  });
}

function refusedAll(group: GroupReads, losers: readonly string[]): Finding {
  return finding({
    rule: 'group-not-served',
    address: group.address,
    message: [
      `group '${group.address}' can be served by no container, since all its datasets must be in one.`,
      ...losers,
    ].join(' '),
    help: 'Add a replica group that serves its purpose and can hold its columns, or read less.',
  });
}
