/**
 * Nothing goes from under those who rest on it. A party is undeclared when nothing of it is left; a thing goes when nobody
 * refers to it and, in production, the day has come that its deprecation named. Leaving production is going, for those who
 * are in production. What moves to a receiver who was offered it does not go.
 */
import type { Finding } from '../findings/finding.ts';
import { finding, inReadingOrder } from '../findings/make.ts';
import { environmentAddress, meshAddress } from '../model/address.ts';
import { parseDay } from '../model/duration.ts';
import { own } from '../model/effective.ts';
import { ownerLabel } from '../model/owner.ts';
import { declaredOwner, ownerOfParty, partyLabel, partyNamed, partyWords } from '../model/party.ts';
import { movesIn, refusalsOf, twinOf } from './moves.ts';
import type { ObjectChange, Proposal, Side } from './proposal.ts';
import { readersOf } from './readers.ts';
import { type Removal, removalsIn } from './removal.ts';

export function interlock(proposal: Proposal, asOfMs: number): readonly Finding[] {
  const { base, head } = proposal;
  if (base === null) return [];
  const all = movesIn(proposal, asOfMs);
  const left = new Set(all.moves.map(({ from }) => from));
  return inReadingOrder(
    proposal.changes.flatMap((change) => [
      ...undeclared(change, base, head),
      ...(left.has(change.address) && change.after === null ? [] : removalsIn(change)).flatMap((removal) => [
        ...missed(removal, base, head),
        ...early(removal, base, head, asOfMs, () => moving(change, proposal, refusalsOf(change, all))),
      ]),
    ]),
  );
}

/** Parties that lose their declaration while something of them is still in the model. */
function undeclared({ before, after }: ObjectChange, base: Side, head: Side): readonly Finding[] {
  if (before?.kind === 'mesh') {
    const now = after?.kind === 'mesh' ? after.noun : null;
    const zones = Object.keys(before.noun.zones).filter((zone) => own(now?.zones ?? {}, zone) === undefined);
    const environments = Object.keys(before.noun.environments).filter(
      (environment) => own(now?.environments ?? {}, environment) === undefined,
    );
    return [
      ...zones.flatMap((zone) =>
        remaining(zone, [...(head.lookup.object('zone', zone) === null ? [] : [zone]), ...contentOf(head, zone)], {
          base,
          head,
          path: ['zones'],
        }),
      ),
      ...environments.map(environmentAddress).flatMap((at) =>
        remaining(at, head.lookup.object('environment', at) === null ? [] : [at], {
          base,
          head,
          path: ['environments'],
        }),
      ),
    ];
  }
  if (before?.kind !== 'zone') return [];
  const teams = after?.kind === 'zone' ? after.noun.teams : {};
  // A zone that goes as a whole is judged with the mesh.
  if (ownerOfParty(head.lookup, before.address) === null) return [];
  return Object.keys(before.noun.teams)
    .filter((team) => own(teams, team) === undefined)
    .map((team) => `${before.address}/${team}`)
    .flatMap((team) => remaining(team, contentOf(head, team), { base, head, path: [] }));
}

function contentOf(head: Side, party: string): readonly string[] {
  return head.lookup.found('party', party);
}

function remaining(
  party: string,
  left: readonly string[],
  { base, head, path }: { readonly base: Side; readonly head: Side; readonly path: readonly string[] },
): readonly Finding[] {
  if (left.length === 0) return [];
  const owner = ownerOfParty(base.lookup, party);
  const [first = ''] = left;
  const rest = left.length === 1 ? '' : ` and ${left.length - 1} more`;
  return [
    finding({
      rule: 'undeclared-with-content',
      address: party,
      message: `this change undeclares ${partyWords(party)}, and of it are left: '${first}'${rest}. What is left would be nobody's.`,
      help: `Its owner${owner === null ? '' : `, ${ownerLabel(owner)},`} takes the content out first, or in the same change; or the content moves to another owner by offers.`,
      at: path.length === 0 ? head.placeOf(party) : head.placeOf(meshAddress, ...path),
      related: left.map((address) => ({ message: `'${address}'`, at: head.placeOf(address) })),
      owner: owner === null ? null : partyLabel(base.lookup, party, owner),
    }),
  ];
}

function missed(removal: Removal, base: Side, head: Side): readonly Finding[] {
  const readers = readersOf(removal, head.lookup);
  if (readers.length === 0) return [];
  const owners = new Set(
    readers.flatMap(({ address }) => {
      const owner = ownerOfParty(head.lookup, partyNamed(head.lookup, address) ?? '');
      return owner === null ? [] : [ownerLabel(owner)];
    }),
  );
  return [
    finding({
      rule: 'still-in-use',
      address: removal.address,
      message: `${goes(removal)}, and it is still in use: ${readers
        .slice(0, 5)
        .map(({ words }) => words)
        .join(
          ', ',
        )}${readers.length > 5 ? ` and ${readers.length - 5} more` : ''}. Owned by ${[...owners].join('; ')}.`,
      help: helpOf(removal),
      at: placeOf(removal, base, head),
      related: readers.map(({ address, words, path }) => ({ message: words, at: head.placeOf(address, ...path) })),
      owner: declaredOwner(base.lookup, removal.address),
    }),
  ];
}

function early(
  removal: Removal,
  base: Side,
  head: Side,
  asOfMs: number,
  /** What there is to say of its going elsewhere. */
  moving: () => readonly string[],
): readonly Finding[] {
  // A transformer is an implementation: its output, which others read, is what is deprecated.
  if (!removal.isProduction || removal.what === 'transformer') return [];
  const days = removal.deprecations.map(({ removal: day }) => day).sort();
  if (days.some((day) => (parseDay(day) ?? Number.POSITIVE_INFINITY) <= asOfMs)) return [];
  const why = days.length === 0 ? 'it was never called deprecated' : `its deprecation allows that from ${days[0]} on`;
  return [
    finding({
      rule: 'removal-too-early',
      address: removal.address,
      message: `${goes(removal)}, in production, and ${why}: whoever builds on it learns of the end before it comes.`,
      help: [
        days.length === 0
          ? `Merge  ${announcing(removal)}  on it first; take it out when that day has come.`
          : `Send this again on ${days[0]}, or later.`,
        ...renamed(removal),
        ...moving(),
      ].join(' '),
      at: placeOf(removal, base, head),
      owner: declaredOwner(base.lookup, removal.address),
    }),
  ];
}

/** What is the same under another address moves there by an offer, to its own owner too, and does not go. */
function moving(change: ObjectChange, { changes }: Proposal, refusals: readonly string[]): readonly string[] {
  const twin = change.kind === 'datastore' && refusals.length === 0 ? twinOf(change, changes) : null;
  return twin === null
    ? refusals
    : [
        `Or is it to be '${twin}'? Then merge an offer of it first, to whose that is,  as: '${twin}' , and move it by that.`,
      ];
}

function announcing({ what }: Removal): string {
  const said = "{ removal: 'YYYY-MM-DD', reason: '...' }";
  return what === 'column' ? `.deprecated(${said})` : `deprecated: ${said}`;
}

/** What is gone under one name and new under another may be one thing that does not say so. */
function renamed({ what, address, newBeside: [name, ...others] }: Removal): readonly string[] {
  if (name === undefined || others.length > 0) return [];
  const former = address.slice(address.search(/[^.#]*$/));
  return [
    what === 'column'
      ? `Is '${name}' the same under a new name? Then say so on it:  .formerly('${former}') .`
      : `Is '${name}' the same under a new name? Then say so in it:  formerly: ['${former}'] .`,
  ];
}

function goes({ what, address, leavesProduction }: Removal): string {
  return leavesProduction ? `${what} '${address}' leaves production` : `${what} '${address}' goes`;
}

function helpOf({ what, leavesProduction, deprecations }: Removal): string {
  if (what === 'transformer') return 'Take out what it makes first, or have another transformer make it.';
  const readers = leavesProduction ? 'readers in production' : 'readers';
  const move =
    deprecations.length === 0 ? `Deprecate it, and let its ${readers} move on first` : `Its ${readers} move on first`;
  return what === 'dataset' && !leavesProduction
    ? `${move}: one that reads .* names what it goes on reading, or lists it in  acknowledges.`
    : `${move}.`;
}

/** In head where something is left around it, else in base. */
function placeOf({ what, address, datastore, leavesProduction }: Removal, base: Side, head: Side) {
  if (leavesProduction) return head.placeOf(address, 'production');
  if (what === 'transformer' || head.lookup.object('datastore', datastore) === null) return base.placeOf(address);
  return head.placeOf(address);
}
