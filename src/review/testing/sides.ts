import { check } from '../../check/check.ts';
import { testFacts } from '../../check/testing/facts.ts';
import { canonicalModel, digestModel } from '../../model/canonical.ts';
import { lookupIn } from '../../model/lookup.ts';
import type { Model } from '../../model/model.ts';
import { digestObject, type ModelObject, objectsOf } from '../../model/object.ts';
import { noOrigin, type Origin } from '../origin.ts';
import type { ObjectChange, Proposal, Side } from '../proposal.ts';

type Files = Readonly<Record<string, string>>;

/** The proposal to make one model into another. */
export function testProposal(
  base: Model | null,
  head: Model,
  options: {
    readonly signedBase?: Files;
    readonly signed?: Files;
    readonly origin?: Partial<Origin>;
    readonly asOfMs?: number;
  } = {},
): Proposal {
  const asOfMs = options.asOfMs ?? 0;
  return {
    base: base === null ? null : sideOf(base, options.signedBase ?? {}, asOfMs),
    head: sideOf(head, { ...options.signedBase, ...options.signed }, asOfMs),
    changes: base === null ? [] : changesBetween(base, head),
    files: [],
    origin: { ...noOrigin, host: 'github.com', ...options.origin },
  };
}

export function sideOf(model: Model, signed: Files, asOfMs: number): Side {
  const canonical = canonicalModel(model);
  return {
    digest: digestModel(canonical),
    commit: null,
    lookup: lookupIn(canonical),
    placeOf: () => null,
    findings: check(canonical, testFacts, { asOfMs, places: {} }),
    signed,
    recoveries: {},
  };
}

export function changesBetween(base: Model, head: Model): ObjectChange[] {
  const before = byAddress(base);
  const after = byAddress(head);
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((address) => {
    const [was, is] = [before.get(address) ?? null, after.get(address) ?? null];
    const kind = (is ?? was)?.kind;
    if (kind === undefined || digestAt(was) === digestAt(is)) return [];
    return [{ address, kind, before: was, after: is }];
  });
}

export function digestAt(object: ModelObject | null): string | null {
  return object === null ? null : digestObject(object);
}

function byAddress(model: Model): Map<string, ModelObject> {
  return new Map([...objectsOf(canonicalModel(model))].map((object) => [object.address, object]));
}
