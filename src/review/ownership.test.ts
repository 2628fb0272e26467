import { expect, test } from 'vitest';
import { testModel } from '../check/testing/model.ts';
import { canonicalModel } from '../model/canonical.ts';
import { lookupIn } from '../model/lookup.ts';
import type { Model, Offer } from '../model/model.ts';
import { offeredDigest } from '../model/offered.ts';
import type { Owner } from '../model/owner.ts';
import { authorize } from './authorize.ts';
import { approvedBy, propose } from './testing/propose.ts';
import { withOwner } from './testing/random-edit.ts';
import { ana, recoveryFile } from './testing/recovery.ts';

/**
 * Offer, withdraw, accept, expire, announce, object, recover, in every order: each state that can be reached, and in each
 * of them everything that anyone may try. What a review lets pass is compared with a model of a few lines; there is one
 * owner at all times; and from every state each of the three can come to own the thing, so that nobody is ever stuck.
 */
type Actor = 'ana' | 'ben' | 'parent';
const actors: readonly Actor[] = ['ana', 'ben', 'parent'];

/** Ages are in weeks. An offer counts for two; a recovery waits for one and counts until it is three. */
type State = {
  readonly owner: Actor;
  readonly offer: { readonly by: Actor; readonly to: Actor; readonly age: number } | null;
  readonly recovery: { readonly of: Actor; readonly age: number } | null;
};

type Try = { readonly what: string; readonly by: Actor; readonly to: State; readonly may: boolean };

function triesIn(state: State): readonly Try[] {
  const { owner, offer, recovery } = state;
  const isOpen = offer !== null && offer.by === owner && offer.age < 2;
  const isDue = recovery !== null && recovery.of === owner && recovery.age >= 1 && recovery.age < 3;
  const isVoid = recovery !== null && (recovery.of !== owner || recovery.age >= 3);
  return actors.flatMap((by): Try[] => [
    ...actors
      .filter((to) => to !== owner)
      .map((to) => ({
        what: `offers to ${to}`,
        by,
        to: { ...state, offer: { by: owner, to, age: 0 } },
        may: by === owner,
      })),
    ...(offer === null ? [] : [{ what: 'withdraws', by, to: { ...state, offer: null }, may: by === owner }]),
    ...actors
      .filter((to) => to !== owner)
      .flatMap((to): Try[] => [
        { what: `makes ${to} the owner`, by, to: { ...state, owner: to }, may: false },
        ...(offer === null
          ? []
          : [
              {
                what: `makes ${to} the owner, offer out`,
                by,
                to: { ...state, owner: to, offer: null },
                may: isOpen && offer.to === to && by === to && recovery === null,
              },
              {
                what: `makes ${to} the owner, offer and recovery out`,
                by,
                to: { ...state, owner: to, offer: null, recovery: null },
                may: isOpen && offer.to === to && by === to,
              },
            ]),
        ...(recovery === null
          ? []
          : [
              {
                what: `makes ${to} the owner, recovery out`,
                by,
                to: { ...state, owner: to, recovery: null },
                may: isDue && to === 'parent' && by === 'parent',
              },
            ]),
      ]),
    ...(recovery === null
      ? [{ what: 'announces', by, to: { ...state, recovery: { of: owner, age: 0 } }, may: true }]
      : [{ what: 'objects', by, to: { ...state, recovery: null }, may: isVoid || by === owner || by === 'parent' }]),
  ]);
}

function aWeekLater({ offer, recovery, ...rest }: State): State {
  return {
    ...rest,
    offer: offer === null ? null : { ...offer, age: Math.min(2, offer.age + 1) },
    recovery: recovery === null ? null : { ...recovery, age: Math.min(3, recovery.age + 1) },
  };
}

const now = Date.parse('2026-06-01T12:00:00Z');
const daysFromNow = (days: number) => new Date(now + days * 86_400_000).toISOString().slice(0, 10);

test.each([
  ['retail/sales', 2],
  ['retail', 1],
  ['environment:prod', 1],
] as const)(
  'who owns %s',
  (address, parent) => {
    const users: Readonly<Record<Actor, number>> = { ana: 4, ben: 6, parent };
    const ownerOf = (actor: Actor): Owner => ({ kind: 'approvers', host: 'github.com', users: [users[actor]] });
    const signers = [{ key: ana.key }];
    const bare = canonicalModel(
      testModel({ mesh: { signers, recovery: { signatures: 1, waiting: '7d' } }, zone: { signers } }),
    );
    const owned = new Map(actors.map((actor) => [actor, withOwner(bare, address, ownerOf(actor))]));
    const digests = new Map([...owned].map(([actor, model]) => [actor, offeredDigest(lookupIn(model), address) ?? '']));
    const files = new Map<string, string>();

    const modelOf = ({ owner, offer }: State): Model => {
      const made: Offer[] =
        offer === null
          ? []
          : [
              {
                name: 'gift',
                address,
                digest: digests.get(offer.by) ?? '',
                to: ownerOf(offer.to),
                until: daysFromNow(7 - 7 * offer.age),
              },
            ];
      return { ...(owned.get(owner) ?? bare), offers: Object.fromEntries(made.map((one) => [one.name, one])) };
    };
    const recoveriesOf = ({ recovery }: State): Readonly<Record<string, string>> => {
      if (recovery === null) return {};
      const announced = daysFromNow(-7 * recovery.age);
      const key = `${recovery.of} ${announced}`;
      const text =
        files.get(key) ??
        recoveryFile(
          { address, owner: ownerOf(recovery.of), announced, until: daysFromNow(20 - 7 * recovery.age) },
          ana,
        );
      files.set(key, text);
      return { 'one.recovery.json': text };
    };
    const passes = (from: State, to: State, by: Actor, edit: (model: Model) => Model = (model) => model) => {
      const sides = { base: { recoveries: recoveriesOf(from) }, head: { recoveries: recoveriesOf(to) } };
      return authorize(propose(modelOf(from), edit(modelOf(to)), approvedBy(users[by]), sides), now).length === 0;
    };

    const start: State = { owner: 'ana', offer: null, recovery: null };
    const states = new Map([[JSON.stringify(start), start]]);
    const back = new Map<string, Set<string>>();
    for (const state of states.values()) {
      const step = (to: State) => {
        const key = JSON.stringify(to);
        if (!states.has(key)) states.set(key, to);
        back.set(key, (back.get(key) ?? new Set()).add(JSON.stringify(state)));
      };
      for (const { what, by, to, may } of triesIn(state).filter(
        (one) => JSON.stringify(one.to) !== JSON.stringify(state),
      )) {
        expect({ state, by, what, may: passes(state, to, by) }).toEqual({ state, by, what, may });
        if (may) step(to);
      }
      step(aWeekLater(state));
      // One owner: of all, one may change what is there.
      const edited = (model: Model) => withDoc(model, address);
      expect(
        actors.filter((by) => passes(state, state, by, edited)),
        JSON.stringify(state),
      ).toEqual([state.owner]);
    }
    expect(states.size).toBeGreaterThan(100);
    console.log(`who owns ${address}: ${states.size} states`);

    for (const actor of actors) {
      const ways = [...states].filter(([, { owner }]) => owner === actor).map(([key]) => key);
      for (const key of ways) for (const before of back.get(key) ?? []) if (!ways.includes(before)) ways.push(before);
      expect(ways.length, `states from which ${actor} can come to own it`).toBe(states.size);
    }
  },
  180_000,
);

/** Something that the owner of the address alone may change. */
function withDoc(model: Model, address: string): Model {
  const doc = 'changed';
  if (address.includes('/')) {
    const orders = model.datastores['retail/sales/orders'];
    return orders === undefined
      ? model
      : { ...model, datastores: { ...model.datastores, [orders.address]: { ...orders, doc } } };
  }
  const { retail } = model.zones;
  const { prod } = model.environments;
  if (address === 'retail') return retail === undefined ? model : { ...model, zones: { retail: { ...retail, doc } } };
  return prod === undefined ? model : { ...model, environments: { prod: { ...prod, doc } } };
}
