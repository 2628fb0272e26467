import { canonicalModel, digestModel } from '../../model/canonical.ts';
import { lookupIn } from '../../model/lookup.ts';
import type { Model, Places } from '../../model/model.ts';
import { digestObject, type ModelObject, objectsOf } from '../../model/object.ts';
import { placeOf } from '../../model/places.ts';
import { noOrigin } from '../origin.ts';
import type { ObjectChange, Proposal, Side } from '../proposal.ts';

/** The proposal that leads from one model to another, from nobody; what differs is found by digests. */
export function proposalOf(base: Model, head: Model, places: { readonly base?: Places; readonly head?: Places } = {}) {
  const [before, after] = [canonicalModel(base), canonicalModel(head)];
  return {
    base: sideOf(before, places.base ?? {}),
    head: sideOf(after, places.head ?? {}),
    changes: changesOf(before, after),
    files: [],
    origin: noOrigin,
  } satisfies Proposal;
}

function sideOf(model: Model, places: Places): Side {
  return {
    digest: digestModel(model),
    commit: null,
    lookup: lookupIn(model),
    placeOf: (address, ...path) => placeOf(places, address, ...path),
    findings: [],
    signed: {},
    recoveries: {},
  };
}

function changesOf(base: Model, head: Model): readonly ObjectChange[] {
  const keyed = (model: Model) => new Map([...objectsOf(model)].map((one) => [`${one.kind} ${one.address}`, one]));
  const [before, after] = [keyed(base), keyed(head)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [was, is] = [before.get(key) ?? null, after.get(key) ?? null];
    if (was !== null && is !== null && digestObject(was) === digestObject(is)) return [];
    const { address, kind }: ModelObject = is ?? was ?? { kind: 'mesh', address: 'mesh', noun: head.mesh };
    return [{ address, kind, before: was, after: is }];
  });
}
