import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { endOfDay } from '../model/duration.ts';
import { ownerLabel } from '../model/owner.ts';
import { ownerOfParty, parentOf, partyLabel, partyWords } from '../model/party.ts';
import { isExactly, type OwnerChange } from './declared-owner.ts';
import { isFrom } from './origin.ts';
import type { Proposal, Side } from './proposal.ts';
import { effectiveMs, whyOver, whyVoid } from './recovery.ts';
import { parseRecovery, recoveryText, type SignedRecovery } from './recovery-file.ts';
import { askWords, originWords } from './words.ts';

/** A recovery that is not over, the text of its statement, and the file that it lies in. */
export type StandingRecovery = {
  readonly signed: SignedRecovery;
  readonly text: string;
  readonly file: string;
  /** Why it has no force as base is; null where it has. */
  readonly lacks: string | null;
};

/** What is announced in a side of a proposal, by the signers of base. */
function announcedIn(side: Side, base: Side, asOfMs: number): readonly StandingRecovery[] {
  return standingIn(side, base, asOfMs).filter(({ lacks }) => lacks === null);
}

/**
 * What everybody is told of: what is announced, and what was, and lacks signatures by now. Else who declares the signers could
 * take one of them out while the waiting passes unheard, and put it back for the day on which it is over.
 */
export function toldOf({ head }: Proposal, base: Side, asOfMs: number): readonly StandingRecovery[] {
  const known = statementsIn(base);
  return standingIn(head, base, asOfMs).filter(({ lacks, text }) => lacks === null || known.has(text));
}

function standingIn(side: Side, base: Side, asOfMs: number): readonly StandingRecovery[] {
  return Object.entries(side.recoveries).flatMap(([file, text]) => {
    const signed = parseRecovery(text);
    if ('wrong' in signed || whyOver(signed, base.lookup, asOfMs) !== null) return [];
    const lacks = whyVoid(signed, base.lookup, asOfMs);
    return [{ signed, text: recoveryText(signed.statement), file, lacks }];
  });
}

/** Why no recovery carries a change of an owner; null where one does: announced in base, waited out, to the parent, sent by the parent. */
export function whyNotRecovered(
  { party, to }: OwnerChange,
  proposal: Proposal,
  base: Side,
  asOfMs: number,
): readonly string[] | null {
  const parent = ownerOfParty(base.lookup, parentOf(party) ?? '');
  const reasons: string[] = [];
  for (const [file, text] of Object.entries(base.recoveries)) {
    const signed = parseRecovery(text);
    if ('wrong' in signed || signed.statement.address !== party) continue;
    const wrong = whyVoid(signed, base.lookup, asOfMs);
    const effective = effectiveMs(signed.statement, base.lookup) ?? Number.POSITIVE_INFINITY;
    if (wrong !== null) reasons.push(`the recovery in '${file}' has no force: ${wrong}`);
    else if (asOfMs < effective) reasons.push(`the recovery in '${file}' waits until ${momentText(effective)}`);
    else if (parent === null || !isExactly(to, parent))
      reasons.push(`the recovery in '${file}' makes ${partyWords(parentOf(party) ?? '')} its owner, and nobody else`);
    else if (!isFrom(proposal.origin, parent))
      reasons.push(`the recovery in '${file}' is for ${ownerLabel(parent)}, who did not send this change`);
    else return null;
  }
  return reasons;
}

/** Files of a side that announce the recovery of a party, whether they have force or not. */
export function filesAbout(party: string, { recoveries }: Side): readonly string[] {
  return Object.entries(recoveries)
    .filter(([, text]) => {
      const signed = parseRecovery(text);
      return !('wrong' in signed) && signed.statement.address === party;
    })
    .map(([file]) => file)
    .sort();
}

/** What is wrong with the recoveries that a proposal brings, and with taking out those that it does. */
export function recoveryFindings(
  proposal: Proposal,
  base: Side,
  asOfMs: number,
  /** Did the party change hands by the proposal? What is announced of it goes then. */
  changedHands: (party: string) => boolean,
): readonly Finding[] {
  const before = statementsIn(base);
  const after = new Set(announcedIn(proposal.head, base, asOfMs).map(({ text }) => text));
  return [
    ...Object.entries(proposal.head.recoveries).flatMap(([file, text]) =>
      broughtFindings(file, text, before, base, asOfMs),
    ),
    ...announcedIn(base, base, asOfMs).flatMap((standing) =>
      after.has(standing.text) || changedHands(standing.signed.statement.address)
        ? []
        : removedFindings(standing, proposal, base),
    ),
  ];
}

/** What is said in a side, by whatever file and with whatever signatures. */
function statementsIn({ recoveries }: Side): ReadonlySet<string> {
  return new Set(
    Object.values(recoveries).flatMap((text) => {
      const signed = parseRecovery(text);
      return 'wrong' in signed ? [] : [recoveryText(signed.statement)];
    }),
  );
}

function broughtFindings(
  file: string,
  text: string,
  before: ReadonlySet<string>,
  base: Side,
  asOfMs: number,
): readonly Finding[] {
  // What base has may move to another path, and be laid out in another way.
  if (Object.values(base.recoveries).includes(text)) return [];
  const signed = parseRecovery(text);
  if (!('wrong' in signed) && before.has(recoveryText(signed.statement))) return [];
  const wrong = 'wrong' in signed ? `the file ${signed.wrong}` : whyRefused(signed, base, asOfMs);
  if (wrong === null) return [];
  const party = 'wrong' in signed ? null : signed.statement.address;
  return [
    finding({
      rule: 'bad-recovery',
      address: party,
      message: `'${file}' announces that an owner is replaced, and has no force: ${wrong}.`,
      help: `Have the signers of the party that declares it run  freehold recover ${party ?? 'ADDRESS'} : it signs what is announced while the day of that is not over, and announces anew after.`,
      at: { file, line: 1, column: 1 },
    }),
  ];
}

function whyRefused(signed: SignedRecovery, base: Side, asOfMs: number): string | null {
  const wrong = whyVoid(signed, base.lookup, asOfMs);
  if (wrong !== null) return wrong;
  const { announced, until } = signed.statement;
  const today = dayText(asOfMs);
  if (announced < today) return `it is announced for ${announced}, and waiting cannot begin before ${today}`;
  const effective = effectiveMs(signed.statement, base.lookup) ?? Number.POSITIVE_INFINITY;
  return effective >= (endOfDay(until) ?? 0) ? `it ends with ${until}, before its waiting does` : null;
}

/** The owner objects by taking it out, the parent withdraws it; nobody else may. */
function removedFindings({ signed, file }: StandingRecovery, proposal: Proposal, base: Side): readonly Finding[] {
  const { address } = signed.statement;
  const owners = [address, parentOf(address) ?? ''].flatMap((party) => ownerOfParty(base.lookup, party) ?? []);
  const [owner] = owners;
  if (owner === undefined || owners.some((one) => isFrom(proposal.origin, one))) return [];
  return [
    finding({
      rule: 'not-the-owner',
      address,
      message: `this change takes out '${file}', the announced recovery of ${partyWords(address)}, and comes from ${originWords(proposal.origin)}: only the owner, who objects, or the party that announced it may.`,
      help: `Leave the file in place, or ${askWords(owner)}.`,
      at: { file, line: 1, column: 1 },
      owner: partyLabel(base.lookup, address, owner),
    }),
  ];
}

/** A warning for each recovery that is announced, in every review while it is: nobody learns of it when it is done. */
export function notices(proposal: Proposal, asOfMs: number): readonly Finding[] {
  const { base } = proposal;
  if (base === null) return [];
  return toldOf(proposal, base, asOfMs).map(({ signed, file, lacks }) =>
    finding({
      rule: 'recovery-announced',
      severity: 'warning',
      address: signed.statement.address,
      message: `${noticeText(signed, base)}${lacks === null ? '' : `. It has no force as long as ${lacks}`}`,
      help: `If its owner is still there: take '${file}' out of the model.`,
      at: { file, line: 1, column: 1 },
      owner: partyLabel(base.lookup, signed.statement.address, signed.statement.owner),
    }),
  );
}

/** A finding about something of a party that is being recovered says so. */
export function withNotice(found: Finding, proposal: Proposal, announced: readonly StandingRecovery[]): Finding {
  const { base } = proposal;
  if (base === null || found.address === null || found.rule === 'recovery-announced') return found;
  const about = found.address;
  const notes = announced
    .filter(({ signed }) => isWithin(about, signed.statement.address))
    .map(({ signed, file }) => ({ message: noticeText(signed, base), at: { file, line: 1, column: 1 } }));
  return notes.length === 0 ? found : { ...found, related: [...found.related, ...notes] };
}

function noticeText({ statement }: SignedRecovery, base: Side): string {
  const effective = effectiveMs(statement, base.lookup);
  const when = effective === null ? 'some day' : momentText(effective);
  return `${partyWords(statement.address)} of ${ownerLabel(statement.owner)} is being taken over by ${partyWords(parentOf(statement.address) ?? '')}, from ${when} on: ${statement.reason}`;
}

/** Is an address the party's, or of something in it? */
function isWithin(address: string, party: string): boolean {
  return address === party || ['/', '.', '#'].some((mark) => address.startsWith(`${party}${mark}`));
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function momentText(ms: number): string {
  // No clock shows a time of waiting that is longer than all of time.
  if (ms > 8.64e15) return 'the end of time';
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
