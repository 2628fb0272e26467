import { byCodePoint } from '../../base/digest.ts';
import { must } from '../../base/must.ts';
import type { TreeChange } from '../../git/tree.ts';
import { objectNamed } from '../../model/named.ts';
import { type Kind, kinds } from '../../model/object.ts';
import { placeOf } from '../../model/places.ts';
import type { Origin } from '../../review/origin.ts';
import type { FileChange, ObjectChange, Proposal, Side } from '../../review/proposal.ts';
import { isSigned, type TreeModel } from './sides.ts';

/** Two states of a repository and what differs between them. `base` null: it has no mesh, and a person said so. */
export type Pair = {
  readonly base: TreeModel | null;
  readonly head: TreeModel;
  readonly baseCommit: string;
  readonly headCommit: string;
  /** Of the whole repository. */
  readonly changes: readonly TreeChange[];
  /** Where the model's root is in it: `models/`, or empty. */
  readonly prefix: string;
};

/** What a review judges. Both models can be read: doors tell what cannot. */
export function proposalOf(pair: Pair, origin: Origin): Proposal {
  const { base, head } = pair;
  return {
    base: base === null ? null : sideOf(base, pair.baseCommit),
    head: sideOf(head, pair.headCommit),
    changes: objectChanges(base, head),
    files: base === null ? [] : fileChanges(pair, base),
    origin,
  };
}

function sideOf({ lookup, digest, places, findings, signed }: TreeModel, commit: string): Side {
  const files = Object.entries(signed);
  const ending = (end: string) => Object.fromEntries(files.filter(([path]) => path.endsWith(end)));
  return {
    digest: must(digest, 'the digest of a model that was read'),
    commit,
    lookup: must(lookup, 'a model that was read'),
    placeOf: (address, ...path) => placeOf(places, address, ...path),
    findings,
    signed: ending('.consent.json'),
    recoveries: ending('.recovery.json'),
  };
}

/** By digest: whatever is in an object is in its digest. One that becomes another kind is gone, and new. */
function objectChanges(base: TreeModel | null, head: TreeModel): ObjectChange[] {
  const changes: ObjectChange[] = [];
  for (const kind of kinds) {
    for (const address of addressesWorthALook(kind, base, head)) {
      if (base?.lookup?.digestAt(kind, address) === head.lookup?.digestAt(kind, address)) continue;
      const before = base?.lookup ? objectNamed(base.lookup, { kind, address }) : null;
      const after = head.lookup ? objectNamed(head.lookup, { kind, address }) : null;
      if (before !== null || after !== null) changes.push({ address, kind, before, after });
    }
  }
  return changes.sort((a, b) => byCodePoint(`${a.address} ${a.kind}`, `${b.address} ${b.kind}`));
}

/** All of both; where both are known by what differs from one store, what differs there. */
function addressesWorthALook(kind: Kind, base: TreeModel | null, head: TreeModel): ReadonlySet<string> {
  if (base?.later && head.later && base.later.store === head.later.store)
    return new Set([...base.later.chunks.keys(), ...head.later.chunks.keys()]);
  return new Set([...(base?.lookup?.addresses(kind) ?? []), ...(head.lookup?.addresses(kind) ?? [])]);
}

/**
 * Files that differ and that no object is made from on a side that has them, wherever in the repository: nothing is exempt
 * but signed statements.
 */
function fileChanges({ head, changes, prefix }: Pair, base: TreeModel): FileChange[] {
  return changes.flatMap(({ path, before, after }): FileChange[] => {
    const file = fromRoot(path, prefix);
    const was = before !== null && base.isMadeFrom(file);
    const is = after !== null && head.isMadeFrom(file);
    if ((was || before === null) && (is || after === null)) return [];
    if (path.startsWith(prefix) && isSigned(file)) return [];
    if (before === null) return [{ path: file, change: 'added' }];
    if (after === null) return [{ path: file, change: 'removed' }];
    return [{ path: file, change: 'changed', ...(was ? { unowned: 'after' } : is ? { unowned: 'before' } : {}) }];
  });
}

/** A path of the repository as seen from the model's root: `../package.json` where it lies outside. */
export function fromRoot(path: string, prefix: string): string {
  if (path.startsWith(prefix)) return path.slice(prefix.length);
  return `${'../'.repeat(prefix.split('/').length - 1)}${path}`;
}
