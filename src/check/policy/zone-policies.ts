import type { Policy } from '../../model/model.ts';
import { remembered } from '../memo.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask } from '../rule.ts';
import { type Compiled, compile } from './compile.ts';
import type { Situation } from './situation.ts';

/** A policy of a zone, ready to be asked. */
export type ZonePolicy = {
  readonly zone: string;
  readonly name: string;
  readonly policy: Policy;
  readonly compiled: Compiled;
};

/** The policies of a zone, by what they speak of: what a place says nothing to, need not be asked of places. */
export type ZonePolicies = {
  readonly all: readonly ZonePolicy[];
  /** Of rows alone. */
  readonly rows: readonly ZonePolicy[];
  readonly sites: readonly ZonePolicy[];
  readonly longest: readonly ZonePolicy[];
  readonly names: readonly ZonePolicy[];
  /** Of readers, and how long they keep versions: wherever they read, and in places. */
  readonly readers: readonly ZonePolicy[];
  readonly readersInSites: readonly ZonePolicy[];
  /** Verdicts that are known: most rows are classified, and stand, like many others. */
  readonly known: Map<string, readonly ZonePolicy[]>;
};

export const zonePolicies = remembered((ask: Ask, address: string): ZonePolicies => {
  const mesh = wordsOfMesh(ask);
  const all = Object.entries(ask.part('zoneWords', address)?.policies ?? {}).map(
    ([name, policy]): ZonePolicy => ({ zone: address, name, policy, compiled: compile(policy.demands, mesh) }),
  );
  const speakingOf = (...aspects: ('site' | 'reader' | 'longest' | 'kept' | 'name')[]) =>
    all.filter(({ compiled }) => aspects.some((aspect) => compiled.speaksOf.has(aspect)));
  const readers = speakingOf('reader', 'kept');
  return {
    all,
    rows: all.filter(({ compiled }) => compiled.speaksOf.size === 0),
    sites: speakingOf('site'),
    longest: speakingOf('longest'),
    names: speakingOf('name'),
    readers: readers.filter(({ compiled }) => !compiled.speaksOf.has('site')),
    readersInSites: readers.filter(({ compiled }) => compiled.speaksOf.has('site')),
    known: new Map(),
  };
});

export type Kind = Exclude<keyof ZonePolicies, 'all' | 'known'>;

/** Those of a kind that are broken there. */
export function brokenIn(policies: ZonePolicies, kind: Kind, situation: Situation): readonly ZonePolicy[] {
  const of = policies[kind];
  if (of.length === 0) return of;
  // Names are of one thing each.
  if (situation.name !== null) return of.filter(({ compiled }) => compiled.holds(situation) === false);
  const key = `${kind} ${keyOf(situation)}`;
  const known = policies.known.get(key) ?? of.filter(({ compiled }) => compiled.holds(situation) === false);
  policies.known.set(key, known);
  return known;
}

function keyOf({ rows, isDirect, isProduction, site, reader, kept }: Situation): string {
  const party = reader === null ? '' : `${reader.zone}/${reader.team}`;
  return `${rows.rank} ${rows.labels.join(',')} ${isDirect} ${isProduction} ${site?.id} ${party} ${kept.longestMs} ${kept.ownMs}`;
}
