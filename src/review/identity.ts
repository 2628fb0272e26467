/**
 * Does a proposal keep what things are known by? `formerly` and `tombstones` only grow, and what is removed leaves its mark:
 * else kept values would be shown as those of another thing, or not at all. No consent helps, for what to write is known.
 * Outside of production nothing is asked: there a thing is known by its name.
 */
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { columnAddress, memberAddress } from '../model/address.ts';
import { endOfDay } from '../model/duration.ts';
import { isProduction } from '../model/effective.ts';
import { type Family, firstName, matched, type Named } from '../model/identity.ts';
import type { Datastore, Tombstone } from '../model/model.ts';
import { declaredOwner, ownerOfParty } from '../model/party.ts';
import { columnsOf, datasetsOf } from './compatibility/columns.ts';
import { movesIn } from './moves.ts';
import type { ObjectChange, Proposal } from './proposal.ts';

/** In the first phase: until things are known again, nothing can be said of what becomes of them. */
export function lostIdentities(proposal: Proposal, asOfMs: number): readonly Finding[] {
  return proposal.changes.flatMap((change) =>
    findingsOf(proposal, change, asOfMs).filter(({ rule }) => rule === 'identity-lost'),
  );
}

/** In the third: what a removal owes to those that come after. */
export function missingTombstones(proposal: Proposal, change: ObjectChange, asOfMs: number): readonly Finding[] {
  return findingsOf(proposal, change, asOfMs).filter(({ rule }) => rule === 'tombstone-missing');
}

/**
 * A datastore in production that is removed as a whole, what is left of one included. The zone may want it so, since its
 * address is then as good as never used: history is at stake, and no reader.
 */
export function unmarkedDatastore(proposal: Proposal, change: ObjectChange, asOfMs: number): Unmarked | null {
  const { before, after, address } = change;
  const { base } = proposal;
  if (base === null || before?.kind !== 'datastore' || after !== null || !isProduction(before.noun)) return null;
  const { datasets, tombstones = [] } = before.noun;
  const today = new Date(asOfMs).toISOString().slice(0, 10);
  const marks = [
    ...tombstones,
    ...Object.entries(datasets).map(([name, dataset]) => ({ name: firstName(name, dataset), removed: today })),
  ];
  if (marks.length === 0) return null;
  const [zone = ''] = address.split('/');
  const isMoved = movesIn(proposal, asOfMs).moves.some(({ from }) => from === address);
  const needs = isMoved || ownerOfParty(base.lookup, zone) === null ? [] : [zone];
  const what = isMoved ? 'moves' : 'is removed';
  return {
    needs,
    finding: finding({
      rule: 'tombstone-missing',
      severity: needs.length === 0 ? 'warning' : 'error',
      address,
      message: `datastore '${address}' ${what} and leaves no tombstones, so another one that is declared at its address would be shown its kept rows.`,
      help: isMoved
        ? 'Declare no other at the address that it leaves.'
        : `Leave it there with  datasets: {}, tombstones: [${marks.map(({ name, removed }) => `{ name: '${name}', removed: '${removed}' }`).join(', ')}] . Or its zone sees to it that the address is not used again.`,
      at: base.placeOf(address),
      owner: declaredOwner(base.lookup, address),
    }),
  };
}

export type Unmarked = { readonly finding: Finding; readonly needs: readonly string[] };

function findingsOf({ base, head }: Proposal, { before, after }: ObjectChange, asOfMs: number): readonly Finding[] {
  if (before?.kind !== 'datastore' || after?.kind !== 'datastore' || !isProduction(before.noun)) return [];
  return [...problemsOf(before.noun, after.noun, asOfMs)].map(({ rule, address, at, path, message, help }) =>
    finding({
      rule,
      address,
      message,
      help,
      at: head.placeOf(at, ...path) ?? base?.placeOf(address) ?? null,
      owner: declaredOwner(head.lookup, before.address),
    }),
  );
}

type Problem = {
  readonly rule: 'identity-lost' | 'tombstone-missing';
  readonly address: string;
  /** Where in head it is to be put right. */
  readonly at: string;
  readonly path: readonly string[];
  readonly message: string;
  readonly help: string;
};

function* problemsOf(before: Datastore, after: Datastore, asOfMs: number): Iterable<Problem> {
  const { address } = before;
  const datasets = { before: datasetsOf(before), after: datasetsOf(after) };
  yield* inFamily(datasets, {
    what: 'dataset',
    holder: `datastore '${address}'`,
    holderAddress: address,
    addressOf: (name) => memberAddress(address, name),
    asOfMs,
  });
  for (const one of matched(datasets.before, datasets.after)) {
    if (one.before === null || one.after === null) continue;
    const name = one.after.name;
    yield* inFamily(
      { before: columnsOf(one.before.thing), after: columnsOf(one.after.thing) },
      {
        what: 'column',
        holder: `dataset '${memberAddress(address, name)}'`,
        holderAddress: memberAddress(address, name),
        addressOf: (column) => columnAddress(address, name, column),
        asOfMs,
      },
    );
  }
}

type Around = {
  readonly what: 'dataset' | 'column';
  readonly holder: string;
  readonly holderAddress: string;
  readonly addressOf: (name: string) => string;
  readonly asOfMs: number;
};

type Families = { readonly before: Family<Named>; readonly after: Family<Named> };

function* inFamily({ before, after }: Families, around: Around): Iterable<Problem> {
  yield* tombstoneProblems(before.tombstones, after.tombstones, around);
  const pairs = matched(before, after);
  const wasThere = (name: string) => Object.hasOwn(before.members, name);
  const isNew = (name: string) => pairs.some((one) => one.before === null && one.after?.name === name);
  const explained = new Set<string>();
  for (const one of pairs) {
    if (one.before === null) continue;
    const { name, thing } = one.before;
    const had = [...(thing.formerly ?? []), name];
    if (one.after !== null) {
      const says = one.after.thing.formerly ?? [];
      const isSame = one.after.name === name && says.length === had.length - 1;
      const grew = had.every((each, i) => says[i] === each);
      const kept = says.length >= had.length - 1 && had.slice(0, -1).every((each, i) => says[i] === each);
      if (grew || (isSame && kept)) continue;
      yield lost(around, one.after.name, one.after.name === name ? had.slice(0, -1) : had);
      continue;
    }
    const first = firstName(name, thing);
    const gone = (tombstones: readonly Tombstone[]) => tombstones.filter((mark) => mark.name === first).length;
    if (gone(after.tombstones) > gone(before.tombstones)) continue;
    const heir = heirOf(name, after, isNew);
    if (heir === null) yield unmarked(around, name, first);
    else {
      explained.add(heir);
      const must = heir === name ? had.slice(0, -1) : had;
      const says = after.members[heir]?.formerly ?? [];
      yield must.length === 0 ? neverWas(around, heir, says, wasThere) : lost(around, heir, must);
    }
  }
  for (const { before: was, after: is } of pairs) {
    const formerly = is?.thing.formerly ?? [];
    if (was !== null || is === null || formerly.length === 0 || explained.has(is.name)) continue;
    yield neverWas(around, is.name, formerly, wasThere);
  }
}

/** What in head seems meant to be a thing of base that it is not: it has its name, or says that it had. */
function heirOf(name: string, after: Family<Named>, isNew: (name: string) => boolean): string | null {
  if (Object.hasOwn(after.members, name) && isNew(name)) return name;
  const heir = Object.entries(after.members).find(([each, thing]) => isNew(each) && thing.formerly?.includes(name));
  return heir?.[0] ?? null;
}

function lost({ what, addressOf }: Around, name: string, had: readonly string[]): Problem {
  const address = addressOf(name);
  return {
    rule: 'identity-lost',
    address,
    at: address,
    path: [],
    message: `${what} '${address}' no longer says all the names that it had, so its kept rows would be taken for those of another.`,
    help:
      what === 'column'
        ? `Write  .formerly(${quotedNames(had)})  on it: names are only ever added, behind those that are there.`
        : `Write  formerly: [${quotedNames(had)}]  in it: names are only ever added, behind those that are there.`,
  };
}

function neverWas(
  { what, addressOf, holder }: Around,
  name: string,
  formerly: readonly string[],
  wasThere: (name: string) => boolean,
): Problem {
  const address = addressOf(name);
  const last = formerly.at(-1) ?? '';
  return {
    rule: 'identity-lost',
    address,
    at: address,
    path: [],
    message: `${what} '${address}' says that it was '${last}', and ${holder} ${wasThere(last) ? `has another ${what} that was` : `had no such ${what}`}.`,
    help: `Correct the name, or take  formerly  out: then it is a new ${what}.`,
  };
}

function unmarked({ what, addressOf, holder, holderAddress, asOfMs }: Around, name: string, first: string): Problem {
  const today = new Date(asOfMs).toISOString().slice(0, 10);
  const known = first === name ? '' : ` (its rows are kept under its first name, '${first}')`;
  return {
    rule: 'tombstone-missing',
    address: addressOf(name),
    at: holderAddress,
    path: [],
    message: `${what} '${name}' of ${holder} is removed and leaves no tombstone${known}, so another one of that name would be shown its kept rows.`,
    help: `Add  tombstones: [{ name: '${first}', removed: '${today}' }]  to ${holder}. Was it renamed, say so on the new name:  formerly .`,
  };
}

function* tombstoneProblems(
  before: readonly Tombstone[],
  after: readonly Tombstone[],
  { holder, holderAddress, asOfMs }: Around,
): Iterable<Problem> {
  const left = [...after];
  const where = { address: holderAddress, at: holderAddress, path: ['tombstones'] };
  for (const { name, removed } of before) {
    const index = left.findIndex((one) => one.name === name && one.removed === removed);
    if (index >= 0) left.splice(index, 1);
    else
      yield {
        ...where,
        rule: 'identity-lost',
        message: `${holder} has lost the tombstone of '${name}', removed ${removed}, so another one of that name would be shown its kept rows.`,
        help: `Write  { name: '${name}', removed: '${removed}' }  among its tombstones again: they are only ever added.`,
      };
  }
  for (const { name, removed } of left) {
    const ends = endOfDay(removed);
    // Until the day's end somewhere on earth it is still the day before.
    if (ends === null || ends - oneDayMs <= asOfMs + oneDayMs) continue;
    yield {
      ...where,
      rule: 'tombstone-missing',
      message: `the tombstone of '${name}' in ${holder} says ${removed}, a day that has not come.`,
      help: `Write the day of this change:  removed: '${new Date(asOfMs).toISOString().slice(0, 10)}' .`,
    };
  }
}

const oneDayMs = 86_400_000;

function quotedNames(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
