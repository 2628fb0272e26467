/**
 * May the origin make this change? Every changed attribute has one owner, from base: the mesh's, a zone's, a team's or an
 * environment's; the origin must be it, for each owner that the change touches.
 */
import { must } from '../base/must.ts';
import type { Finding, Place } from '../findings/finding.ts';
import { finding, inReadingOrder } from '../findings/make.ts';
import { meshAddress } from '../model/address.ts';
import { ownerLabel } from '../model/owner.ts';
import { ownerOfParty, parentOf, partyLabel, partyOf, partyWords } from '../model/party.ts';
import { declaredParty } from './declared-owner.ts';
import { attributeChanges } from './difference.ts';
import { movesIn, onlyFollows, refusalsOf } from './moves.ts';
import { isFrom } from './origin.ts';
import type { ObjectChange, Proposal, Side } from './proposal.ts';
import { recoveryFindings } from './recoveries.ts';
import { isSpentBy } from './spent-entry.ts';
import { transfersIn } from './transfers.ts';
import type { AttributeChange } from './verdict.ts';
import { askWords, changeWords, objectWords, originWords, ownedWords } from './words.ts';

/** What the origin may not do, one finding for each owner and object, in reading order. Nothing where base has no mesh. */
export function authorize(proposal: Proposal, asOfMs: number): readonly Finding[] {
  const { base, head } = proposal;
  if (base === null) return [];
  const transfers = transfersIn(proposal, base, asOfMs);
  const all = movesIn(proposal, asOfMs);
  const { moves } = all;
  const left = new Set(moves.map(({ from }) => from));
  const findings = proposal.changes.flatMap((change) => {
    // The change that an entry is for removes it, though it is the word of another.
    const { before, after } = change;
    if (before?.kind === 'consent' && after === null && isSpentBy(before.noun, proposal.changes, moves)) return [];
    const isAccepted = transfers.spent.has(change.address) || (left.has(change.address) && change.after === null);
    if (isAccepted || onlyFollows(change, moves)) return [];
    const judged = attributeChanges(change).filter((one) => !transfers.parties.has(declaredParty(one) ?? ''));
    if (judged.length === 0) return [];
    const why = [...refusalsOf(change, all), ...unspent(change)];
    return partiesOf(change).flatMap((party) => wordOf(party, change, judged, why, proposal, base));
  });
  return inReadingOrder([
    ...meshFindings(head, base),
    ...transfers.findings,
    ...findings,
    ...fileFindings(proposal, base),
    ...recoveryFindings(proposal, base, asOfMs, (party) => transfers.accepted.has(party)),
  ]);
}

/** Who takes out an entry may have meant to use it. */
function unspent({ before, after }: ObjectChange): readonly string[] {
  if (before?.kind !== 'consent' || after !== null) return [];
  return [
    'Only the change that it is for, from and to exactly what was consented to, takes it out by itself: this is none.',
  ];
}

/** Whose word the object is; who takes a statement into another's name needs the word of both. */
function partiesOf({ before, after }: ObjectChange): readonly string[] {
  return [...new Set([before, after].flatMap((object) => (object === null ? [] : [partyOf(object)])))].sort();
}

function wordOf(
  party: string,
  change: ObjectChange,
  changes: readonly AttributeChange[],
  /** Why neither an offer nor a consent carries the change. */
  refusals: readonly string[],
  proposal: Proposal,
  base: Side,
): readonly Finding[] {
  const owner = ownerOfParty(base.lookup, party);
  if (owner === null) return withoutOwner(party, change, changes, proposal, base);
  if (isFrom(proposal.origin, owner)) return [];
  const object = objectWords(change);
  return [
    finding({
      rule: 'not-the-owner',
      address: addressOf(change, changes),
      message: `${object} is the word of ${ownedWords(party, owner)}, and this change, from ${originWords(proposal.origin)}, ${changeWords(changes)}.`,
      help: [`Take it out of this change, or ${askWords(owner)}.`, ...refusals].join(' '),
      at: placeOf(changes[0], change, proposal.head, base),
      related: changes.slice(1).map((one) => ({
        message: changeWords([one]),
        at: placeOf(one, change, proposal.head, base),
      })),
      owner: partyLabel(base.lookup, party, owner),
    }),
  ];
}

/** What base declares nobody for: new things wait until somebody is, old ones are swept away by the nearest owner around. */
function withoutOwner(
  party: string,
  change: ObjectChange,
  changes: readonly AttributeChange[],
  proposal: Proposal,
  base: Side,
): readonly Finding[] {
  let around = parentOf(party) ?? meshAddress;
  while (ownerOfParty(base.lookup, around) === null && around !== meshAddress) around = parentOf(around) ?? meshAddress;
  const owner = must(ownerOfParty(base.lookup, around), 'the mesh of base');
  if (change.after === null && isFrom(proposal.origin, owner)) return [];
  const isDeclaredNow = ownerOfParty(proposal.head.lookup, party) !== null;
  return [
    finding({
      rule: 'no-owner',
      address: addressOf(change, changes),
      message: `${objectWords(change)} is the word of ${partyWords(party)}, which nobody owns before this change${isDeclaredNow ? ', since the change itself declares it' : ''}: so nobody may speak for it.`,
      help:
        change.after === null
          ? `It is taken out by who owns ${partyWords(around)}: ${askWords(owner)}.`
          : `Have ${partyWords(party)} declared first, by ${ownerLabel(owner)}; once that is merged, its owner sends this.`,
      at: placeOf(changes[0], change, proposal.head, base),
      owner: partyLabel(base.lookup, around, owner),
    }),
  ];
}

/** The one thing that a change is about, or the object where it is about several. */
function addressOf({ address }: ObjectChange, changes: readonly AttributeChange[]): string {
  const addresses = new Set(changes.map((one) => one.address));
  return addresses.size === 1 ? (changes[0]?.address ?? address) : address;
}

/** Where a reader of the proposal looks: in head, at what is left around it where it is gone; in base where all of it is. */
function placeOf(one: AttributeChange | undefined, change: ObjectChange, head: Side, base: Side): Place | null {
  const side = change.after === null ? base : head;
  return one === undefined ? side.placeOf(change.address) : side.placeOf(one.address, ...one.path);
}

function meshFindings(head: Side, base: Side): readonly Finding[] {
  const [before, after] = [base.lookup.object('mesh', meshAddress), head.lookup.object('mesh', meshAddress)];
  if (before === null || before.name === after?.name) return [];
  const what = after === null ? 'drops' : `renames to '${after.name}'`;
  return [
    finding({
      rule: 'mesh-replaced',
      address: meshAddress,
      message: `this change ${what} the mesh '${before.name}': every owner, every statement and every environment is of that mesh, so no change of it may be one to another.`,
      help: `Keep  mesh('${before.name}', ...). A new mesh is a model of its own.`,
      at: head.placeOf(meshAddress) ?? base.placeOf(meshAddress),
      owner: ownerLabel(before.owner),
    }),
  ];
}

function fileFindings({ files, origin }: Proposal, base: Side): readonly Finding[] {
  const owner = must(ownerOfParty(base.lookup, meshAddress), 'the mesh of base');
  if (isFrom(origin, owner)) return [];
  return files.map(({ path, change, unowned }) =>
    finding({
      rule: 'unowned-file',
      message: `'${path}' is ${change} and no object of the model ${unowned === 'before' ? 'was made from it before' : unowned === 'after' ? 'is made from it any more' : 'is made from it'}, so it belongs to ${ownedWords(meshAddress, owner)}; this change is from ${originWords(origin)}.`,
      help: `${unowned === 'after' ? 'Remove it' : unowned === 'before' ? 'Leave it as it is, use another file' : 'Take it out of this change'}, or ${askWords(owner)}.`,
      at: { file: path, line: 1, column: 1 },
      owner: ownerLabel(owner),
    }),
  );
}
