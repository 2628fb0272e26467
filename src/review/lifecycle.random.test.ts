import { expect, test } from 'vitest';
import { testFacts } from '../check/testing/facts.ts';
import { testModel } from '../check/testing/model.ts';
import { type Random, seeded } from '../cli/demo/company/random.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Column, Dataset, Datastore, Model, Reference, Tombstone, Workspace } from '../model/model.ts';
import { review } from './review.ts';
import { approvedBy, propose } from './testing/propose.ts';

/**
 * Deprecate, put off, take back, remove, add again; read, acknowledge, stop: in every order, with time passing. What a
 * review lets pass is compared with a model of five lines; what is merged never dangles; and from every state there is a
 * way to the end, and a way back, each step of which belongs to the one who takes it.
 */
type Thing = 'fax' | 'baskets';
const things: readonly Thing[] = ['baskets', 'fax'];
const addresses = { fax: 'retail/sales/orders.customers#fax', baskets: 'retail/sales/orders.baskets' } as const;

type Reader = {
  /** Reads by name. */
  readonly reads: readonly Thing[];
  /** Reads everything, whatever is there. */
  readonly isWide: boolean;
  readonly acknowledges: readonly Thing[];
  readonly doc: number;
};
type Readers = { readonly ana: Reader; readonly bob: Reader };
type State = {
  readonly day: number;
  readonly there: readonly Thing[];
  /** The day of removal of what is deprecated. */
  readonly removal: { readonly [T in Thing]?: number };
  /** What was removed, and on which day. */
  readonly gone: readonly { readonly thing: Thing; readonly day: number }[];
  readonly readers: Readers;
};

const firstMs = Date.parse('2026-01-01T09:00:00Z');
const dayText = (day: number) => new Date(firstMs + day * 86_400_000).toISOString().slice(0, 10);
const producer = 4;
const consumer = 5;

test('over random histories the review lets pass what it should, nothing dangles, and nobody is ever stuck', () => {
  const seed = Number(process.env.SEED ?? 20_261_126);
  console.log(`SEED=${seed}`);
  const random = seeded(seed);
  const nobody: Reader = { reads: [], isWide: false, acknowledges: [], doc: 0 };
  const outcomes = new Map<string, number>();
  for (let history = 0; history < 20; history++) {
    let state: State = { day: 0, there: things, removal: {}, gone: [], readers: { ana: nobody, bob: nobody } };
    for (let step = 0; step < 40; step++) {
      const move = randomMove(state, random);
      if (move === null) continue;
      const at = `history ${history}, step ${step}: ${move.what}`;
      const passes = passed(state, move.to, move.by, at);
      expect(passes, at).toBe(move.isAllowed);
      outcomes.set(
        `${move.what.split(' ')[0]} ${passes}`,
        (outcomes.get(`${move.what.split(' ')[0]} ${passes}`) ?? 0) + 1,
      );
      if (passes) state = move.to;
      if (step % 10 === 0) expectWayOut(state, at);
    }
  }
  // Each kind of move was both let pass and, where it can be, refused.
  for (const kind of [
    'deprecate true',
    'deprecate false',
    'remove true',
    'remove false',
    'reader true',
    'reader false',
  ])
    expect(outcomes.get(kind) ?? 0, kind).toBeGreaterThan(2);
}, 120_000);

type Move = { readonly what: string; readonly by: number; readonly to: State; readonly isAllowed: boolean };

function randomMove(state: State, random: Random): Move | null {
  const thing = random.pick(things);
  const isThere = state.there.includes(thing);
  const due = state.removal[thing];
  const move = (what: string, by: number, to: Partial<State>, isAllowed: boolean): Move => {
    return { what: `${what} ${thing}`, by, to: { ...state, ...to }, isAllowed };
  };
  switch (
    random.pick([
      'time',
      'time',
      'deprecate',
      'deprecate',
      'takeBack',
      'remove',
      'remove',
      'add',
      'reader',
      'reader',
      'reader',
    ])
  ) {
    case 'time':
      // Time needs nobody's leave: what was right stays right enough to go on.
      return move('time', producer, { day: state.day + random.pick([1, 30, 30]) }, true);
    case 'deprecate': {
      const removal = state.day + random.pick([0, 10, 29, 30, 30, 45]);
      if (!isThere || removal === due) return null;
      const isInTime = removal >= state.day + 30 || (due !== undefined && removal > due);
      return move('deprecate', producer, { removal: { ...state.removal, [thing]: removal } }, isInTime);
    }
    case 'takeBack':
      return due === undefined ? null : move('takeBack', producer, { removal: without(state, thing) }, true);
    case 'remove':
      if (!isThere) return null;
      return move('remove', producer, removed(state, thing), isRemovable(state, thing));
    case 'add':
      return isThere ? null : move('add', producer, { there: [...state.there, thing] }, true);
    default:
      return readerMove(state, random);
  }
}

function readerMove(state: State, random: Random): Move | null {
  const name = random.pick(['ana', 'bob'] as const);
  const before = state.readers[name];
  const thing = random.pick(things);
  const toggled = (list: readonly Thing[]) =>
    list.includes(thing) ? list.filter((one) => one !== thing) : [...list, thing].sort();
  const after = random.pick<Reader>([
    { ...before, reads: toggled(before.reads) },
    { ...before, acknowledges: toggled(before.acknowledges) },
    { ...before, reads: toggled(before.reads), acknowledges: toggled(before.acknowledges) },
    { ...before, isWide: !before.isWide },
    { ...before, reads: [], isWide: false },
    { ...before, reads: [], isWide: false },
    { ...before, isWide: true, acknowledges: things },
    { ...before, doc: before.doc + 1 },
  ]);
  // Who changes nothing is asked nothing.
  if (JSON.stringify(after) === JSON.stringify(before)) return null;
  const to = { ...state, readers: { ...state.readers, [name]: after } };
  return { what: `reader ${name}`, by: consumer, to, isAllowed: isFineFor(after, state) };
}

/** Whoever changes reads what is there, and of what will go only what it acknowledged, until its day. */
function isFineFor(reader: Reader, { there, removal, day }: State): boolean {
  if (reader.reads.some((thing) => !there.includes(thing))) return false;
  return there.every((thing) => {
    const due = removal[thing];
    const isRead = reader.isWide || reader.reads.includes(thing);
    return due === undefined || !isRead || (day < due && reader.acknowledges.includes(thing));
  });
}

/** Its day has come, nobody names it, and who reads everything knows: a wildcard misses a column as little as it names it. */
function isRemovable({ removal, day, readers }: State, thing: Thing): boolean {
  const due = removal[thing];
  const isFree = (reader: Reader) =>
    !reader.reads.includes(thing) && (thing === 'fax' || !reader.isWide || reader.acknowledges.includes(thing));
  return due !== undefined && due <= day && Object.values(readers).every(isFree);
}

function expectWayOut(state: State, at: string): void {
  for (const thing of state.there) {
    if (state.removal[thing] !== undefined) {
      const back = { ...state, removal: without(state, thing) };
      expect(passed(state, back, producer, at), `${at}, then back`).toBe(true);
    }
    let now = state;
    const go = (to: State, by: number, what: string) => {
      expect(passed(now, to, by, at), `${at}, then ${what}`).toBe(true);
      now = to;
    };
    const due = now.removal[thing] ?? now.day + 30;
    if (now.removal[thing] === undefined)
      go({ ...now, removal: { ...now.removal, [thing]: due } }, producer, 'deprecate');
    for (const name of ['ana', 'bob'] as const) {
      const settled = { ...now.readers[name], reads: [], isWide: false, acknowledges: [] };
      go({ ...now, readers: { ...now.readers, [name]: settled } }, consumer, `${name} stops`);
    }
    go({ ...now, day: Math.max(now.day, due) }, producer, 'wait');
    go({ ...now, ...removed(now, thing) }, producer, 'remove');
  }
}

function without({ removal }: State, thing: Thing): State['removal'] {
  return Object.fromEntries(Object.entries(removal).filter(([one]) => one !== thing));
}

function removed(state: State, thing: Thing): Partial<State> {
  return {
    there: state.there.filter((one) => one !== thing),
    removal: without(state, thing),
    gone: [...state.gone, { thing, day: state.day }],
  };
}

/** Does the review let it pass? What passes has no reference that leads nowhere. */
function passed(from: State, to: State, by: number, at: string): boolean {
  const asOfMs = firstMs + to.day * 86_400_000;
  const proposal = propose(canonicalModel(modelOf(from)), canonicalModel(modelOf(to)), approvedBy(by), { asOfMs });
  const { verdict } = review(proposal, testFacts, { asOfMs });
  const errors = proposal.head.findings.filter(({ severity }) => severity === 'error');
  if (verdict === 'pass') expect(errors, at).toEqual([]);
  return verdict === 'pass';
}

function modelOf({ there, removal, gone, readers }: State): Model {
  const tombstonesOf = (thing: Thing): readonly Tombstone[] =>
    gone.filter((one) => one.thing === thing).map(({ day }) => ({ name: thing, removed: dayText(day) }));
  const int = { kind: 'int', bits: 32 } as const;
  const ending = (thing: Thing) => {
    const day = removal[thing];
    return day === undefined ? {} : { deprecated: { removal: dayText(day) } };
  };
  const fax: Column = { type: { kind: 'text' }, nullable: true, ...ending('fax') };
  const customers: Dataset = {
    key: ['id'],
    tombstones: tombstonesOf('fax'),
    columns: { id: { type: int }, ...(there.includes('fax') ? { fax } : {}) },
  };
  const baskets: Dataset = { key: ['id'], columns: { id: { type: int } }, ...ending('baskets') };
  const orders: Partial<Datastore> = {
    production: true,
    tombstones: tombstonesOf('baskets'),
    datasets: { customers, ...(there.includes('baskets') ? { baskets } : {}) },
  };
  const [reporting, second] = [workspace('ana', readers.ana), workspace('bob', readers.bob)];
  return testModel({ orders, reporting, workspaces: [second] });
}

function workspace(name: string, { reads, isWide, acknowledges, doc }: Reader): Workspace {
  const columns = ['id', ...(reads.includes('fax') ? ['fax'] : [])];
  // A reference to one dataset outweighs a wildcard: who is wide reads all of it by the wildcard alone.
  const named: Reference[] = [
    ...(isWide && !reads.includes('fax') ? [] : [{ from: 'retail/sales/orders.customers', columns }]),
    ...(reads.includes('baskets') ? [{ from: addresses.baskets }] : []),
  ];
  return {
    address: `retail/insight/${name}`,
    doc: `version ${doc}`,
    acknowledges: acknowledges.map((thing) => addresses[thing]),
    groups: { g: { read: [...named, ...(isWide ? [{ from: 'retail/sales/orders.*' }] : [])] } },
  };
}
