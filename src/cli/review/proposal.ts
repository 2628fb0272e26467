import { byCodePoint } from '../../base/digest.ts';
import { must } from '../../base/must.ts';
import type { TreeChange } from '../../git/tree.ts';
import { lookupIn } from '../../model/lookup.ts';
import type { Model } from '../../model/model.ts';
import { digestObject, type ModelObject, objectsOf } from '../../model/object.ts';
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
    changes: objectChanges(base?.loaded.model ?? null, must(head.loaded.model, 'the model of head')),
    files: base === null ? [] : fileChanges(pair, base),
    origin,
  };
}

function sideOf({ loaded, findings, signed }: TreeModel, commit: string): Side {
  const model = must(loaded.model, 'a model that was read');
  const files = Object.entries(signed);
  const ending = (end: string) => Object.fromEntries(files.filter(([path]) => path.endsWith(end)));
  return {
    digest: must(loaded.digest, 'the digest of a model that was read'),
    commit,
    lookup: lookupIn(model),
    placeOf: (address, ...path) => placeOf(loaded.places, address, ...path),
    findings,
    signed: ending('.consent.json'),
    recoveries: ending('.recovery.json'),
  };
}

/** By digest: whatever is in an object is in its digest. One that becomes another kind is gone, and new. */
function objectChanges(base: Model | null, head: Model): ObjectChange[] {
  const key = ({ address, kind }: ModelObject) => `${address} ${kind}`;
  const before = new Map(base === null ? [] : [...objectsOf(base)].map((one) => [key(one), one]));
  const after = new Map([...objectsOf(head)].map((one) => [key(one), one]));
  const changes: ObjectChange[] = [];
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort(byCodePoint)) {
    const [was, is] = [before.get(name) ?? null, after.get(name) ?? null];
    const some = is ?? was;
    if (some === null || (was !== null && is !== null && digestObject(was) === digestObject(is))) continue;
    changes.push({ address: some.address, kind: some.kind, before: was, after: is });
  }
  return changes;
}

/** Files that differ and that no object is made from, wherever in the repository: nothing is exempt but signed statements. */
function fileChanges({ head, changes, prefix }: Pair, base: TreeModel): FileChange[] {
  return changes.flatMap(({ path, before, after }) => {
    const file = fromRoot(path, prefix);
    if (base.loaded.madeFrom.has(file) || head.loaded.madeFrom.has(file)) return [];
    if (path.startsWith(prefix) && isSigned(file)) return [];
    return { path: file, change: before === null ? 'added' : after === null ? 'removed' : 'changed' };
  });
}

/** A path of the repository as seen from the model's root: `../package.json` where it lies outside. */
export function fromRoot(path: string, prefix: string): string {
  if (path.startsWith(prefix)) return path.slice(prefix.length);
  return `${'../'.repeat(prefix.split('/').length - 1)}${path}`;
}
