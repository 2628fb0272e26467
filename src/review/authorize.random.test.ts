import { expect, test } from 'vitest';
import { byCodePoint, canonicalJson } from '../base/digest.ts';
import { canonicalModel } from '../model/canonical.ts';
import { endOfDay } from '../model/duration.ts';
import { lookupIn } from '../model/lookup.ts';
import type { Datastore, Model, Offer } from '../model/model.ts';
import { formOf, type ModelObject, objectsOf } from '../model/object.ts';
import { offeredDigest } from '../model/offered.ts';
import type { Owner } from '../model/owner.ts';
import { authorize } from './authorize.ts';
import type { Origin } from './origin.ts';
import { propose } from './testing/propose.ts';
import { mapped, randomEdits, shuffled, withOwner } from './testing/random-edit.ts';
import { asOfMs, type Dice, diceOf, randomModel, randomOrigin } from './testing/random-model.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`10,000 random (model, edit, origin): authorized exactly when every changed attribute's owner in base, or under an accepted offer, is the origin (seed ${seed})`, () => {
  console.log(`authorize: seed ${seed}`);
  const counts = { authorized: 0, refused: 0, byOffer: 0 };
  for (let round = 0; round < 10_000; round++) {
    const dice = diceOf(seed + round);
    const base = randomModel(dice);
    const head = randomEdits(dice, base);
    const origin = originFor(base, head, dice);
    const found = authorize(propose(base, head, origin), asOfMs);
    const { may, byOffer } = reference(base, head, origin);
    expect({ round, may: found.length === 0 }, found.map(({ message }) => message).join('\n')).toEqual({ round, may });
    counts[may ? 'authorized' : 'refused'] += 1;
    if (may && byOffer) counts.byOffer += 1;
  }
  console.log(counts);
  // Far below what any seed gives: the test would be worth nothing if one side were missing.
  expect(counts.authorized).toBeGreaterThan(500);
  expect(counts.refused).toBeGreaterThan(500);
  expect(counts.byOffer).toBeGreaterThan(50);
}, 180_000);

test(`no order of anything changes what is found (seed ${seed})`, () => {
  for (let round = 0; round < 500; round++) {
    const dice = diceOf(seed + round);
    const base = randomModel(dice);
    const head = randomEdits(dice, base);
    const origin = originFor(base, head, dice);
    const proposal = propose(base, head, origin);
    const other = propose(shuffled(base, dice), shuffled(head, dice), origin);
    const mixed = { ...other, changes: [...other.changes].reverse() };
    expect(authorize(mixed, asOfMs), `round ${round}`).toEqual(authorize(proposal, asOfMs));
  }
}, 180_000);

/** Somebody at random, or, as often, the owner of what changed or the receiver of what was offered. */
function originFor(base: Model, head: Model, dice: Dice): Origin {
  if (dice.odds(3)) return randomOrigin(dice);
  const taken = Object.values(base.offers).filter(({ name }) => head.offers[name] === undefined);
  const wanted = [
    ...taken.map(({ to }) => to),
    ...taken.flatMap(({ as = '' }) => ownerOf(base, as.split('/').slice(0, 2).join('/')) ?? []),
    ...changed(base, head).flatMap((object) => ownerOf(base, partyOf(object)) ?? []),
  ];
  const owner = wanted.length === 0 ? base.mesh.owner : dice.one(wanted);
  return owner.kind === 'repository'
    ? {
        host: owner.host,
        repository: { id: owner.id, name: 'x' },
        approvers: dice.odds(3) ? [4] : [],
        isOfficial: true,
      }
    : { host: owner.host, repository: null, approvers: dice.odds(2) ? owner.users : [1, 2, 3, 4], isOfficial: true };
}

/** The same as authorize, as simply as it can be said: base with what was accepted, compared object by object. */
function reference(base: Model, head: Model, origin: Origin): { readonly may: boolean; readonly byOffer: boolean } {
  let expected = base;
  const moves: Offer[] = [];
  for (const offer of Object.values(base.offers)) {
    if (!isValid(offer, base, head, origin)) continue;
    const accepted =
      offer.as === undefined || !isObject(offer.address) ? withOwner(base, offer.address, offer.to) : null;
    if (accepted === null) moves.push(offer);
    else {
      const [was, now] = [written(base, offer.address), written(head, offer.address)];
      if (was === null || now === null || isSame(was, now) || canonicalJson(now) !== canonicalJson(offer.to)) continue;
      expected = withoutOffer(withOwner(expected, offer.address, offer.to), offer);
    }
  }
  // Which of the offered moves were made is not known beforehand: as many as fit, and each as it was offered.
  let made = moves.filter(
    (offer, at) =>
      isMade(offer, base, head) && moves.findIndex((o) => o.address === offer.address && isMade(o, base, head)) === at,
  );
  for (;;) {
    const moved = withMoves(base, made);
    // A thing of another kind may leave the address in the same change.
    const kindOf = ({ address }: Offer) => at(base, address)?.kind;
    const fitting = made.filter(
      (offer) => text(at(head, offer.as, kindOf(offer))) === text(at(moved, offer.as, kindOf(offer))),
    );
    if (fitting.length === made.length) break;
    made = fitting;
  }
  const moved = made.reduce(withoutOffer, withMoves(expected, made));
  const byOffer = expected !== base || made.length > 0;
  // Both at once: the origin is the owner and who shall be.
  for (const party of partiesOf(base)) {
    const [was, now] = [written(base, party), written(head, party)];
    if (was === null || now === null || isSame(was, now)) continue;
    const done = written(expected, party);
    if (done !== null && canonicalJson(done) === canonicalJson(now)) continue;
    if (!isFrom(origin, was) || !isFrom(origin, now)) return { may: false, byOffer };
    expected = withOwner(expected, party, now);
  }
  const whole = { ...moved, mesh: expected.mesh, zones: expected.zones };
  const allowed = changed(whole, head).every((object) => {
    const is = [...objectsOf(base)].find((one) => one.kind === object.kind && one.address === object.address);
    const now = [...objectsOf(head)].find((one) => one.kind === object.kind && one.address === object.address);
    // Who does not follow a move is as before: that is no change.
    if (is !== undefined && now !== undefined && text(is) === text(now)) return true;
    return [is, now].every((one) => one === undefined || mayTouch(partyOf(one), base, origin, now === undefined));
  });
  const arrivals = made.every(({ as = '' }) => mayTouch(as.split('/').slice(0, 2).join('/'), base, origin, false));
  return { may: allowed && arrivals, byOffer };
}

function mayTouch(party: string, base: Model, origin: Origin, isRemoval: boolean): boolean {
  const owner = ownerOf(base, party);
  if (owner !== null) return isFrom(origin, owner);
  if (!isRemoval) return false;
  const zone = party.split('/')[0] ?? '';
  return isFrom(origin, (party.includes('/') ? ownerOf(base, zone) : null) ?? base.mesh.owner);
}

function isValid(offer: Offer, base: Model, head: Model, origin: Origin): boolean {
  return (
    asOfMs < (endOfDay(offer.until) ?? 0) &&
    offeredDigest(lookupIn(base), offer.address) === offer.digest &&
    isFrom(origin, offer.to) &&
    head.offers[offer.name] === undefined
  );
}

function isMade({ address, as }: Offer, base: Model, head: Model): boolean {
  const is = at(base, address);
  return is !== null && at(head, as, is.kind) !== null && !has(head, is.kind, address) && !has(base, is.kind, as);
}

function has(model: Model, kind: ModelObject['kind'], address: string | undefined): boolean {
  return [...objectsOf(model)].some((one) => one.kind === kind && one.address === address);
}

function withMoves(model: Model, moves: readonly Offer[]): Model {
  if (moves.length === 0) return model;
  const renamed = (one: string) => {
    const move = moves.find(({ address }) => one === address || one.startsWith(`${address}.`));
    return move === undefined ? one : (move.as ?? '') + one.slice(move.address.length);
  };
  const { consents, offers, mesh, zones } = model;
  const keyed = <T extends { readonly address: string }>(record: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.values(record).map((one) => [one.address, one]));
  const all = mapped(model, renamed);
  return canonicalModel({
    ...all,
    datastores: keyed(
      Object.fromEntries(
        Object.entries(all.datastores).map(([key, one]) => [
          key,
          withOwnWord(one, model.datastores[one.address], renamed),
        ]),
      ),
    ),
    workspaces: keyed(all.workspaces),
    transformers: keyed(all.transformers),
    consents,
    offers,
    mesh,
    zones,
  });
}

/** A producer that stays approves nobody's group in place of another team's. */
function withOwnWord(now: Datastore, before: Datastore | undefined, renamed: (one: string) => string): Datastore {
  if (before?.consumers === undefined) return now;
  const team = (one: string) => one.split('/').slice(0, 2).join('/');
  return { ...now, consumers: before.consumers.map((one) => (team(renamed(one)) === team(one) ? renamed(one) : one)) };
}

function withoutOffer(model: Model, { name }: Offer): Model {
  return { ...model, offers: Object.fromEntries(Object.entries(model.offers).filter(([other]) => other !== name)) };
}

function isObject(address: string): boolean {
  return address.split('/').length === 3;
}

function at(model: Model, address = '', kind?: ModelObject['kind']): ModelObject | null {
  const kinds = kind === undefined ? ['datastore', 'workspace', 'transformer'] : [kind];
  return [...objectsOf(model)].find((one) => one.address === address && kinds.includes(one.kind)) ?? null;
}

function changed(before: Model, after: Model): readonly ModelObject[] {
  const key = ({ kind, address }: ModelObject) => `${kind} ${address}`;
  const [old, now] = [before, after].map((model) => new Map([...objectsOf(model)].map((one) => [key(one), one])));
  return [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].sort(byCodePoint).flatMap((one) => {
    const [was, is] = [old?.get(one), now?.get(one)];
    return text(was ?? null) === text(is ?? null) ? [] : [...(is ? [is] : was ? [was] : [])];
  });
}

const texts = new WeakMap<object, string>();

function text(object: ModelObject | null): string {
  if (object === null) return '';
  const known = texts.get(object.noun) ?? canonicalJson(formOf(object));
  texts.set(object.noun, known);
  return known;
}

function partiesOf({ mesh, zones }: Model): readonly string[] {
  return [
    'mesh',
    ...Object.keys(mesh.zones),
    ...Object.keys(mesh.environments).map((name) => `environment:${name}`),
    ...Object.values(zones).flatMap(({ name, teams }) => Object.keys(teams).map((team) => `${name}/${team}`)),
  ];
}

function partyOf(object: ModelObject): string {
  if (object.kind === 'consent') return object.noun.party;
  if (object.kind === 'declassification') return object.noun.zone;
  const address = object.kind === 'offer' ? object.noun.address : object.address;
  return address.split('/').slice(0, 2).join('/');
}

/** Who may speak for a party: of a team, only where its zone is declared too. */
function ownerOf(model: Model, party: string): Owner | null {
  return party.includes('/') && model.mesh.zones[party.split('/')[0] ?? ''] === undefined
    ? null
    : written(model, party);
}

/** The owner that stands in the model. */
function written({ mesh, zones }: Model, party: string): Owner | null {
  if (party === 'mesh') return mesh.owner;
  if (party.startsWith('environment:')) return mesh.environments[party.slice('environment:'.length)] ?? null;
  const [zone = '', team] = party.split('/');
  return (team === undefined ? mesh.zones[zone] : zones[zone]?.teams[team]?.owner) ?? null;
}

function isSame(a: Owner, b: Owner): boolean {
  const key = (owner: Owner) =>
    owner.kind === 'repository'
      ? `${owner.host} ${owner.id}`
      : `${owner.host} users ${[...owner.users].sort((one, other) => one - other).join()}`;
  return key(a) === key(b);
}

function isFrom({ host, repository, approvers, isOfficial }: Origin, owner: Owner): boolean {
  if (host !== owner.host) return false;
  if (owner.kind === 'approvers') return owner.users.some((user) => approvers.includes(user));
  if (repository === null) return false;
  return repository.id === null ? !isOfficial && repository.name === owner.name : repository.id === owner.id;
}
