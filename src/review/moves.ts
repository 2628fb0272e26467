import { digestJson, type Json } from '../base/digest.ts';
import { canonicalObject } from '../model/canonical.ts';
import { formOf, type ModelObject } from '../model/object.ts';
import { partyAt } from '../model/party.ts';
import { offersOf, type StandingOffer, whyNot } from './offers.ts';
import type { ObjectChange, Proposal } from './proposal.ts';

/** An object that goes to a receiver who was offered it, under another address. */
export type Move = { readonly from: string; readonly to: string; readonly offer: string };

export type Moves = {
  readonly moves: readonly Move[];
  /** What offers of things that are gone lack to be accepted by this change, by the old address. */
  readonly refused: ReadonlyMap<string, readonly string[]>;
  /** Those of them whose thing stands where it was to go, so that others may name it there already. */
  readonly tried: readonly Move[];
};

/**
 * Moves that the proposal makes exactly as they were offered: the object is gone from its address and stands, with the same
 * content, where the receiver was to put it. Moves of one proposal may name one another.
 */
export function movesIn(proposal: Proposal, asOfMs: number): Moves {
  // Each thing that is gone asks.
  const known = asked.get(proposal);
  if (known?.asOfMs === asOfMs) return known.moves;
  const moves = movesOf(proposal, asOfMs);
  asked.set(proposal, { asOfMs, moves });
  return moves;
}

/** Proposals are plain data that nobody changes: what was found in one stays so. */
const asked = new WeakMap<Proposal, { readonly asOfMs: number; readonly moves: Moves }>();

function movesOf(proposal: Proposal, asOfMs: number): Moves {
  const { base } = proposal;
  const refused = new Map<string, readonly string[]>();
  if (base === null) return { moves: [], refused, tried: [] };
  const arrivals = new Map(
    proposal.changes.flatMap((one) => (one.before === null ? [[`${one.kind} ${one.address}`, one]] : [])),
  );
  const tries: Move[] = [];
  let candidates = proposal.changes.flatMap((change) => {
    if (!isTeams(change) || change.before === null || change.after !== null) return [];
    const { before } = change;
    const reasons: string[] = [];
    const found = offersOf(base.lookup, change.address).flatMap((standing) => {
      const arrival = arrivals.get(`${change.kind} ${standing.offer.as ?? ''}`);
      const reason = arrival === undefined ? notThere(standing) : whyNot(standing, proposal, base.lookup, asOfMs);
      if (reason !== null) reasons.push(reason);
      if (arrival !== undefined) tries.push({ from: before.address, to: arrival.address, offer: standing.at });
      return arrival?.after && reason === null ? [{ standing, before, after: arrival.after }] : [];
    });
    refused.set(change.address, reasons);
    return found.slice(0, 1);
  });
  // One that is not as it was offered takes with it those whose content names it.
  for (;;) {
    const moves = candidates.map(
      ({ standing, before, after }): Move => ({ from: before.address, to: after.address, offer: standing.at }),
    );
    const exact = candidates.filter(({ before, after }) => isSame(followed(before, moves), after));
    if (exact.length === candidates.length)
      return { moves, refused, tried: tries.filter(({ from }) => !moves.some((move) => move.from === from)) };
    for (const { standing, before } of candidates.filter((one) => !exact.includes(one)))
      refused.set(before.address, [
        `'${standing.offer.as}' is not what offer '${standing.offer.name}' is of: move it first, change it after`,
      ]);
    candidates = exact;
  }
}

/**
 * Does an object change in nothing but that it names what moved by its new address? Whoever it belongs to, it reads and
 * says the same as before, and without it nothing that is in use could ever move.
 */
export function onlyFollows({ before, after }: ObjectChange, moves: readonly Move[]): boolean {
  if (before === null || after === null || moves.length === 0) return false;
  if (before.kind === 'consent' || before.kind === 'offer') return false;
  return isSame(follower(before, moves), after);
}

/** The form of an object that stays, with every address that moved in its new place but those that are a word of its own. */
function follower(object: ModelObject, moves: readonly Move[]): Json {
  if (object.kind !== 'datastore' || object.noun.consumers === undefined) return followed(object, moves);
  const others = approvesOthers(object, moves);
  const consumers = object.noun.consumers.map((one) => (others.includes(one) ? one : moved(one, moves)));
  const { kind, address, noun } = object;
  return formOf(
    canonicalObject({ kind, address, noun: { ...withTexts(noun, (text) => moved(text, moves)), consumers } }),
  );
}

/** Consumers that a producer approved and that are another team's where they moved to: to approve those takes its word. */
function approvesOthers(object: ModelObject, moves: readonly Move[]): readonly string[] {
  if (object.kind !== 'datastore') return [];
  return (object.noun.consumers ?? []).filter((consumer) => partyAt(moved(consumer, moves)) !== partyAt(consumer));
}

/** What a change that is refused, or holds others up, has to do with moves that are: sentences for those who wonder why. */
export function refusalsOf(change: ObjectChange, { moves, refused, tried }: Moves): readonly string[] {
  const { before, after, address } = change;
  const own = (refused.get(address) ?? []).map((reason) => `It was offered, but ${reason}.`);
  const used = before?.kind === 'offer' && after === null ? (refused.get(before.noun.address) ?? []) : [];
  const all = [...moves, ...tried];
  const names = onlyFollows(change, all) ? tried : [];
  const approved = before === null || after === null ? [] : approvesOthers(before, all);
  return [
    ...own,
    ...used.map((reason) => `A move would use it up, but ${reason}.`),
    ...approved.map(
      (consumer) =>
        `It approved '${consumer}', which is another team's then: have its owner add '${moved(consumer, all)}' to  consumers  before, and leave the list as it is.`,
    ),
    ...names
      .filter(
        (one) =>
          !onlyFollows(
            change,
            all.filter((other) => other !== one),
          ),
      )
      .flatMap(({ from, to }) =>
        (refused.get(from) ?? []).map((reason) => `It may follow '${from}' to '${to}' once that moves, but ${reason}.`),
      ),
  ];
}

/** Each is compared as a whole, for the sake of a hint. */
const mostTwins = 20;

/** Where a change puts, under another address, just what it takes away; null: nowhere. */
export function twinOf({ kind, before, after }: ObjectChange, changes: readonly ObjectChange[]): string | null {
  if (before === null || after !== null) return null;
  const arrivals = changes.flatMap((one) => (one.kind === kind && one.before === null ? (one.after ?? []) : []));
  if (arrivals.length > mostTwins) return null;
  const isTwin = (one: ModelObject) =>
    isSame(followed(before, [{ from: before.address, to: one.address, offer: '' }]), one);
  return arrivals.find(isTwin)?.address ?? null;
}

function isTeams({ kind }: ObjectChange): boolean {
  return kind === 'datastore' || kind === 'workspace' || kind === 'transformer';
}

function notThere({ offer }: StandingOffer): string {
  return offer.as === undefined
    ? `offer '${offer.name}' does not say where it goes`
    : `offer '${offer.name}' moves it to '${offer.as}', where this change puts nothing new`;
}

function isSame(form: Json, object: ModelObject): boolean {
  return digestJson(form) === digestJson(formOf(object));
}

/** The form of an object with every address that moved in its new place, its own included. */
function followed(object: ModelObject, moves: readonly Move[]): Json {
  return formOf(canonicalObject(withTexts(object, (text) => moved(text, moves))));
}

function withTexts<T>(value: T, change: (text: string) => string): T;
function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one: unknown) => withTexts(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => [name, withTexts(one, change)]),
  );
}

function moved(text: string, moves: readonly Move[]): string {
  const move = moves.find(({ from }) => text === from || text.startsWith(`${from}.`));
  return move === undefined ? text : `${move.to}${text.slice(move.from.length)}`;
}
