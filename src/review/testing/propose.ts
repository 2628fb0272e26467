import { byCodePoint } from '../../base/digest.ts';
import { check } from '../../check/check.ts';
import { testFacts } from '../../check/testing/facts.ts';
import type { Finding } from '../../findings/finding.ts';
import { digestModel } from '../../model/canonical.ts';
import { lookupIn } from '../../model/lookup.ts';
import type { Model, Places } from '../../model/model.ts';
import { digestObject, type ModelObject, objectsOf } from '../../model/object.ts';
import { placeOf } from '../../model/places.ts';
import type { Origin } from '../origin.ts';
import type { ObjectChange, Proposal, Side } from '../proposal.ts';

/** What a test says of a side beside its model. `findings` absent: none, or what check finds where a time is said. */
export type SideParts = {
  readonly places?: Places;
  readonly findings?: readonly Finding[];
  readonly signed?: Readonly<Record<string, string>>;
  readonly recoveries?: Readonly<Record<string, string>>;
};

/** A proposal between two models in canonical form. `asOfMs`: both sides have what check finds then. */
export function propose(
  base: Model | null,
  head: Model,
  origin: Origin,
  parts: {
    readonly base?: SideParts;
    readonly head?: SideParts;
    readonly files?: Proposal['files'];
    readonly asOfMs?: number;
  } = {},
): Proposal {
  const { asOfMs } = parts;
  const found = (model: Model) => (asOfMs === undefined ? {} : { findings: checked(model, asOfMs) });
  return {
    base: base === null ? null : sideOf(base, { ...found(base), ...parts.base }),
    head: sideOf(head, { ...found(head), ...parts.head }),
    changes: changesBetween(base, head),
    files: parts.files ?? [],
    origin,
  };
}

function sideOf(model: Model, parts: SideParts = {}): Side {
  const { places = {}, findings = [], signed = {}, recoveries = {} } = parts;
  return {
    // Made when it is asked for: most tests do not.
    get digest() {
      return digestModel(model);
    },
    commit: null,
    lookup: lookupIn(model),
    placeOf: (address, ...path) => placeOf(places, address, ...path),
    findings,
    signed,
    recoveries,
  };
}

function checked(model: Model, asOfMs: number): readonly Finding[] {
  return check(model, testFacts, { asOfMs, places: {} });
}

export function changesBetween(base: Model | null, head: Model): readonly ObjectChange[] {
  const [before, after] = [base === null ? new Map() : byKey(base), byKey(head)];
  return [...new Set([...before.keys(), ...after.keys()])].sort(byCodePoint).flatMap((key) => {
    const [old, now] = [before.get(key) ?? null, after.get(key) ?? null];
    const one = old ?? now;
    if (one === null || (old !== null && now !== null && isSame(old, now))) return [];
    return [{ address: one.address, kind: one.kind, before: old, after: now }];
  });
}

function byKey(model: Model): ReadonlyMap<string, ModelObject> {
  return new Map([...objectsOf(model)].map((one) => [`${one.kind} ${one.address}`, one]));
}

function isSame(a: ModelObject, b: ModelObject): boolean {
  return a.noun === b.noun || digestObject(a) === digestObject(b);
}

/** From the model's own repository, approved by these. */
export function approvedBy(...approvers: readonly number[]): Origin {
  return { host: 'github.com', repository: null, approvers, isOfficial: true };
}

export function fromRepository(id: number, name = `acme/repository-${id}`): Origin {
  return { host: 'github.com', repository: { id, name }, approvers: [], isOfficial: true };
}
