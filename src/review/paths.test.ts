import { expect, test } from 'vitest';
import { must } from '../base/must.ts';
import { testFacts } from '../check/testing/facts.ts';
import { testModel } from '../check/testing/model.ts';
import { canonicalModel } from '../model/canonical.ts';
import { identityOf, matched } from '../model/identity.ts';
import type { Column, Dataset, Model, Reference, Tombstone } from '../model/model.ts';
import { parseType } from '../types/text.ts';
import type { Break } from './break.ts';
import { columnsOf } from './compatibility/columns.ts';
import { compatibility } from './compatibility.ts';
import { lostIdentities } from './identity.ts';
import { noOrigin } from './origin.ts';
import { propose } from './testing/propose.ts';

/**
 * A path of reviewed changes, deployed at some of its steps. The reference knows each column by a number of its own.
 *
 * What holds:
 * 1. Each kept column has the values of one column, whichever steps were deployed.
 * 2. Going at once never needs a consent that no step needed, of the same party for the same column. But one: a required
 *    column that is there at once needs the zone's word, where adding it and requiring it later needs plan's proof instead.
 * 3. Where no step takes back what an earlier one did, going at once needs every consent about a column that was there
 *    at the beginning which a step needed of a reader of everything.
 * (Readers stay as they are: one that takes up what changed while it looked away has said so itself.)
 */

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${seed}: FREEHOLD_SEED=${seed} walks the same paths again`);
const paths = 2_000;

type Thing = {
  readonly serial: number;
  /** All names that it had; the last is its name. */
  readonly names: readonly string[];
  /** Families of types that widen: integers and texts. */
  readonly family: 'int' | 'text';
  readonly width: 0 | 1 | 2;
  readonly isNullable: boolean;
};
type State = { readonly things: readonly Thing[]; readonly gone: readonly string[]; readonly key: readonly number[] };

const families = { int: ['int16', 'int32', 'int64'], text: ['varchar(4)', 'varchar(9)', 'text'] } as const;
const pool = ['a', 'b', 'c', 'd', 'e'];
const nameOf = ({ names }: Thing) => must(names.at(-1), 'name');

const readers: Readonly<Record<string, Reference>> = {
  everything: { from: 'retail/sales/orders.*' },
  some: { from: 'retail/sales/orders.t', columns: ['a', 'b', 'id'] },
  others: { from: 'retail/sales/orders.t', columns: ['c', 'd', 'id'] },
};

const proposalOf = (base: Model, head: Model) => propose(base, head, noOrigin);

test(`${paths} paths, deployed at any of their steps, keep the same columns and need the same consents`, () => {
  const random = randomFrom(seed);
  let jumps = 0;
  let needed = 0;
  for (let n = 0; n < paths; n++) {
    const isOneWay = random(3) === 0;
    const edits = 1 + random(2);
    const states = walk(random, isOneWay, edits);
    keepsColumns(random, states);
    const steps = states.slice(1).map((state, i) => ({ from: must(states[i], 'state'), to: state }));
    const needs = steps.map(({ from, to }) => needsOf(from, to));
    // Of two edits at once one may rename what the other added, which says of a name that it never was.
    if (edits === 1)
      for (const { from, to } of steps) {
        expect(lostIdentities(proposalOf(modelOf(from), modelOf(to)), 0)).toEqual([]);
        expect(breaksOf(from, to).filter(({ rule }) => rule === 'tombstone-missing')).toEqual([]);
      }
    const i = random(steps.length);
    const j = i + 1 + random(steps.length - i);
    const [first, last] = [must(states[i], 'first'), must(states[j], 'last')];
    const atOnce = needsOf(first, last);
    const stepwise = new Set(needs.slice(i, j).flatMap((each) => [...each]));
    expect({ n, atOnce: [...atOnce].toSorted() }).toEqual({ n, atOnce: [...expected(first, last)].toSorted() });
    const added = (need: string) => need.endsWith(' required');
    expect({ n, more: [...atOnce].filter((need) => !added(need) && !stepwise.has(need)) }).toEqual({ n, more: [] });
    if (isOneWay) {
      const were = new Set(first.things.map(({ serial }) => serial));
      const ofAll = [...stepwise].filter((need) => were.has(Number(need.split(' ')[0])) && need.endsWith('everything'));
      expect({ n, less: ofAll.filter((need) => !atOnce.has(need)) }).toEqual({ n, less: [] });
    }
    jumps += j - i > 1 ? 1 : 0;
    needed += atOnce.size;
  }
  // The walk goes where it should: most jumps skip steps and need something.
  expect(jumps).toBeGreaterThan(paths / 3);
  expect(needed).toBeGreaterThan(paths);
});

/** Each deployed state finds its kept columns in the last one: as numbers, and as the names that identities give. */
function keepsColumns(random: Random, states: readonly State[]): void {
  const deployed = states.filter((_, i) => i === 0 || random(2) === 0);
  const keptBy = new Map<number, number>();
  const namedBy = new Map<number, string>();
  let last = must(deployed[0], 'first');
  let kept = new Map(last.things.map((thing) => [nameOf(thing), thing.serial]));
  let fresh = 1_000_000;
  for (const state of deployed) {
    const before = new Map(kept);
    const pairs = matched(columnsOf(datasetOf(last)), columnsOf(datasetOf(state)));
    kept = new Map(
      pairs.flatMap((one) => {
        if (one.after === null) return [];
        const column = one.before === null ? undefined : before.get(one.before.name);
        return [[one.after.name, column ?? fresh++] as const];
      }),
    );
    for (const thing of state.things) {
      const column = must(kept.get(nameOf(thing)), nameOf(thing));
      expect(keptBy.get(thing.serial) ?? column).toBe(column);
      keptBy.set(thing.serial, column);
      const declared = must(datasetOf(state).columns[nameOf(thing)], 'column');
      const named = identityOf(nameOf(thing), declared, tombstones(state));
      expect(namedBy.get(thing.serial) ?? named).toBe(named);
      namedBy.set(thing.serial, named);
    }
    last = state;
  }
  expect(new Set(keptBy.values()).size).toBe(keptBy.size);
  expect(new Set(namedBy.values()).size).toBe(namedBy.size);
}

function breaksOf(from: State, to: State): readonly Break[] {
  return compatibility(proposalOf(modelOf(from), modelOf(to)), testFacts, 0);
}

/** `serial reader`, `serial zone` or `serial required`, from what review says. */
function needsOf(from: State, to: State): ReadonlySet<string> {
  const found = breaksOf(from, to);
  return new Set(
    found.flatMap(({ rule, address, needs, finding }) => {
      const name = address.split('#')[1];
      const thing = [...from.things, ...(rule === 'column-required' ? to.things : [])].findLast(
        (one) => nameOf(one) === name,
      );
      const serial = thing === undefined ? 'key' : rule === 'column-required' ? serialIn(to, name) : thing.serial;
      if (finding.severity === 'warning') return [];
      return needs.map(
        (party) => `${serial} ${rule === 'column-required' ? 'required' : (party.split('_')[1] ?? 'zone')}`,
      );
    }),
  );
}

function serialIn({ things }: State, name: string | undefined): number {
  return must(
    things.find((one) => nameOf(one) === name),
    'thing',
  ).serial;
}

/** The same by the reference: column by column, known by number. */
function expected(from: State, to: State): ReadonlySet<string> {
  const needs = new Set<string>();
  const ask = (serial: number | 'key', who: readonly string[], history = false) => {
    if (who.length > 0 || history) for (const each of [...who, 'zone']) needs.add(`${serial} ${each}`);
  };
  const all = Object.entries(readers);
  for (const was of from.things) {
    const is = to.things.find(({ serial }) => serial === was.serial);
    const uses =
      (thing: Thing) =>
      ({ columns }: Reference) =>
        columns?.includes(nameOf(thing)) ?? true;
    const users = all.filter(([, reference]) => uses(was)(reference));
    const of = (found: typeof all) => found.map(([reader]) => reader);
    if (is === undefined || nameOf(is) !== nameOf(was)) ask(was.serial, of(users));
    if (is === undefined) continue;
    const still = users.filter(([, reference]) => uses(is)(reference));
    const isNarrower = was.family === is.family && is.width < was.width;
    const isOther = was.family !== is.family;
    const isLost = (isNarrower && was.family === 'int') || (isOther && was.family === 'text');
    if (isNarrower || isOther) ask(was.serial, of(still), isLost);
    if (!was.isNullable && is.isNullable) ask(was.serial, of(still));
  }
  for (const is of to.things)
    if (!is.isNullable && !from.things.some(({ serial }) => serial === is.serial)) needs.add(`${is.serial} required`);
  const isSameKey = from.key.length === to.key.length && from.key.every((serial) => to.key.includes(serial));
  if (!isSameKey) ask('key', Object.keys(readers), true);
  return needs;
}

type Random = (below: number) => number;

function walk(random: Random, isOneWay: boolean, edits: number): readonly State[] {
  let serial = 0;
  const thing = (name: string): Thing => ({
    serial: serial++,
    names: [name],
    family: random(2) === 0 ? 'int' : 'text',
    width: isOneWay ? 2 : (([0, 1, 2] as const)[random(3)] ?? 0),
    isNullable: random(2) === 0,
  });
  const things = ['id', 'a', 'b', 'c'].map(thing);
  const states: State[] = [{ things, gone: [], key: [0] }];
  for (let left = 2 + random(7); left > 0; left--) {
    let state = must(states.at(-1), 'state');
    for (let edit = 0; edit < edits; edit++) state = edited(random, state, thing, isOneWay);
    states.push(state);
  }
  return states;
}

function edited(random: Random, state: State, make: (name: string) => Thing, isOneWay: boolean): State {
  const { things, gone, key } = state;
  const some = things.filter(({ serial }) => !key.includes(serial));
  const one = some[random(Math.max(1, some.length))];
  const other = some[random(Math.max(1, some.length))];
  const free = pool.filter((name) => things.every((each) => nameOf(each) !== name));
  const replaced = (by: Thing) => ({ ...state, things: things.map((each) => (each.serial === by.serial ? by : each)) });
  const newNames = one === undefined ? [] : free.filter((name) => !isOneWay || !one.names.includes(name));
  switch (random(8)) {
    case 0: {
      // A name that another one had first is taken (check: name-taken).
      const name = free.find((each) => things.every(({ names }) => names[0] !== each));
      return name === undefined ? state : { ...state, things: [...things, make(name)] };
    }
    case 1:
      return one === undefined
        ? state
        : { ...state, things: things.filter((each) => each !== one), gone: [...gone, must(one.names[0], 'first')] };
    case 2: {
      const name = newNames[random(Math.max(1, newNames.length))];
      return one === undefined || name === undefined ? state : replaced({ ...one, names: [...one.names, name] });
    }
    case 3: {
      if (one === undefined || other === undefined || one === other) return state;
      if (isOneWay && (one.names.includes(nameOf(other)) || other.names.includes(nameOf(one)))) return state;
      const swapped = new Map([
        [one.serial, { ...one, names: [...one.names, nameOf(other)] }],
        [other.serial, { ...other, names: [...other.names, nameOf(one)] }],
      ]);
      return { ...state, things: things.map((each) => swapped.get(each.serial) ?? each) };
    }
    case 4: {
      if (one === undefined) return state;
      const width = ([0, 1, 2] as const)[isOneWay ? random(one.width + 1) : random(3)] ?? 0;
      return replaced({ ...one, width });
    }
    case 5:
      if (one === undefined || isOneWay) return state;
      return replaced({ ...one, family: one.family === 'int' ? 'text' : 'int' });
    case 6:
      return one === undefined || (isOneWay && one.isNullable)
        ? state
        : replaced({ ...one, isNullable: !one.isNullable });
    default:
      if (isOneWay || one === undefined || random(4) > 0) return state;
      return { ...state, key: key.length > 1 ? [0] : [0, one.serial] };
  }
}

function tombstones({ gone }: State): readonly Tombstone[] {
  return gone.map((name) => ({ name, removed: '1970-01-01' }));
}

function datasetOf(state: State): Dataset {
  const columns = state.things.map((thing): [string, Column] => [
    nameOf(thing),
    {
      type: must(parseType(families[thing.family][thing.width]), 'type'),
      nullable: thing.isNullable,
      from: `s${thing.serial}`,
      ...(thing.names.length > 1 ? { formerly: thing.names.slice(0, -1) } : {}),
    },
  ]);
  const key = state.key.flatMap((serial) => state.things.filter((one) => one.serial === serial).map(nameOf));
  return { key, columns: Object.fromEntries(columns), tombstones: tombstones(state) };
}

const models = new WeakMap<State, Model>();

function modelOf(state: State): Model {
  const model = models.get(state) ?? madeModel(state);
  models.set(state, model);
  return model;
}

function madeModel(state: State): Model {
  const workspaces = Object.entries(readers).map(([name, reference]) => ({
    address: `retail/team_${name}/w`,
    groups: { g: { read: [reference] } },
  }));
  return canonicalModel(
    testModel({
      orders: { production: true, datasets: { t: datasetOf(state) } },
      dashboard: { read: [] },
      workspaces,
    }),
  );
}

/** Mulberry32: the same numbers from a seed on every machine. */
function randomFrom(start: number): Random {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}
