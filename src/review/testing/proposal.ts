import { canonicalModel, digestObjects } from '../../model/canonical.ts';
import { type Lookup, lookupIn } from '../../model/lookup.ts';
import type { Model, Places } from '../../model/model.ts';
import { digestObject, type ModelObject, objectsOf } from '../../model/object.ts';
import { placeOf } from '../../model/places.ts';
import { noOrigin } from '../origin.ts';
import type { ObjectChange, Proposal, Side } from '../proposal.ts';

type PlacesOfBoth = { readonly base?: Places; readonly head?: Places };

/** The proposal that leads from one model to another, from nobody; what differs is found by digests. */
export function proposalOf(base: Model, head: Model, places: PlacesOfBoth = {}) {
  const [before, after] = [known(base), known(head)];
  return {
    base: sideOf(before, places.base ?? {}),
    head: sideOf(after, places.head ?? {}),
    changes: changesOf(before, after),
    files: [],
    origin: noOrigin,
  } satisfies Proposal;
}

type Known = {
  readonly digest: string;
  readonly lookup: Lookup;
  /** By kind and address, each with its digest. */
  readonly objects: ReadonlyMap<string, { readonly object: ModelObject; readonly digest: string }>;
};

const knownModels = new WeakMap<Model, Known>();

function known(given: Model): Known {
  const found = knownModels.get(given);
  if (found !== undefined) return found;
  const model = canonicalModel(given);
  const objects = [...objectsOf(model)].map((object) => ({ object, digest: digestObject(object) }));
  const made: Known = {
    digest: digestObjects(objects.map(({ object, digest }) => [object.address, digest])),
    lookup: lookupIn(model),
    objects: new Map(objects.map((one) => [`${one.object.kind} ${one.object.address}`, one])),
  };
  knownModels.set(given, made);
  return made;
}

function sideOf({ digest, lookup }: Known, places: Places): Side {
  return {
    digest,
    commit: null,
    lookup,
    placeOf: (address, ...path) => placeOf(places, address, ...path),
    findings: [],
    signed: {},
    recoveries: {},
  };
}

function changesOf(base: Known, head: Known): readonly ObjectChange[] {
  return [...new Set([...base.objects.keys(), ...head.objects.keys()])].flatMap((key) => {
    const [was, is] = [base.objects.get(key), head.objects.get(key)];
    const object = is?.object ?? was?.object;
    if (object === undefined || was?.digest === is?.digest) return [];
    return [{ address: object.address, kind: object.kind, before: was?.object ?? null, after: is?.object ?? null }];
  });
}
