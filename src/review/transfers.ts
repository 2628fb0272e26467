import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { meshAddress } from '../model/address.ts';
import { isSameOwner, ownerLabel } from '../model/owner.ts';
import { parentOf, partyLabel, partyWords } from '../model/party.ts';
import { isExactly, type OwnerChange, ownerChanges } from './declared-owner.ts';
import { movesIn } from './moves.ts';
import { offersOf, whyNot } from './offers.ts';
import { isFrom } from './origin.ts';
import type { Proposal, Side } from './proposal.ts';
import { filesAbout, whyNotRecovered } from './recoveries.ts';
import { numberedWords } from './words.ts';

/** The declared owners that a proposal replaces, judged: a party changes hands by the word of both, never of one. */
export type Transfers = {
  /** Parties whose owner changes, accepted or not: what declares them is judged here, not as its declarer's. */
  readonly parties: ReadonlySet<string>;
  /** Those of them whose owner may change so. */
  readonly accepted: ReadonlySet<string>;
  /** Offers, `offer:<name>`, that the proposal uses and takes out. */
  readonly spent: ReadonlySet<string>;
  readonly findings: readonly Finding[];
};

export function transfersIn(proposal: Proposal, base: Side, asOfMs: number): Transfers {
  const changes = proposal.changes.flatMap(ownerChanges);
  const [accepted, spent] = [new Set<string>(), new Set<string>()];
  const findings: Finding[] = [];
  for (const { offer } of movesIn(proposal, asOfMs).moves) spent.add(offer);
  for (const change of changes) {
    const answer = answerTo(change, proposal, base, asOfMs);
    // Else it would lie in wait for the day on which the old owner has it again.
    const left = filesAbout(change.party, proposal.head).map(
      (file) => `'${file}' still announces its recovery from the owner before: take it out`,
    );
    const reasons = answer.reasons ?? left;
    if (reasons.length > 0 || answer.reasons !== null) findings.push(refused(change, reasons, proposal, base));
    else {
      accepted.add(change.party);
      if (answer.offer !== null) spent.add(answer.offer);
    }
  }
  return { parties: new Set(changes.map(({ party }) => party)), accepted, spent, findings };
}

/** `reasons`: why neither an offer nor a recovery carries the change; null: it may be made, by the offer where one is needed. */
type Answer = { readonly reasons: readonly string[] | null; readonly offer: string | null };

function answerTo(change: OwnerChange, proposal: Proposal, base: Side, asOfMs: number): Answer {
  const { origin } = proposal;
  // Who is the owner and the receiver gives and takes at once: another person among its approvers, for example.
  if (isFrom(origin, change.from) && isFrom(origin, change.to)) return { reasons: null, offer: null };
  const reasons: string[] = [];
  for (const standing of offersOf(base.lookup, change.party)) {
    const { name, to } = standing.offer;
    const reason = isExactly(to, change.to)
      ? whyNot(standing, proposal, base.lookup, asOfMs)
      : isSameOwner(to, change.to)
        ? `offer '${name}' calls its receiver ${numberedWords(to)}: write it as the offer does`
        : `offer '${name}' is to ${numberedWords(to)}, and not to ${numberedWords(change.to)}`;
    if (reason === null) return { reasons: null, offer: standing.at };
    reasons.push(reason);
  }
  const notRecovered = whyNotRecovered(change, proposal, base, asOfMs);
  return { reasons: notRecovered === null ? null : [...reasons, ...notRecovered], offer: null };
}

function refused(
  { party, from, to }: OwnerChange,
  reasons: readonly string[],
  { head }: Proposal,
  base: Side,
): Finding {
  const because = reasons.length === 0 ? 'nobody offered it' : reasons.join('; ');
  const receiver = numberedWords(to);
  const words = ownerLabel(from) === ownerLabel(to) ? numberedWords : ownerLabel;
  return finding({
    rule: 'owner-changed',
    address: party,
    message: `this change makes ${words(to)} the owner of ${partyWords(party)}, which is owned by ${words(from)}: ownership is offered by the one and accepted by the other, and ${because}.`,
    help: `Have its owner merge an offer of it to ${receiver}, unless there is one; then ${receiver} sends this change, which takes the offer out.${ifGone(party)}`,
    at: placeOfOwner(head, party),
    owner: partyLabel(base.lookup, party, from),
  });
}

/** Nobody declares the mesh, so that nobody could take it over. */
function ifGone(party: string): string {
  return parentOf(party) === null ? '' : ` If the owner is gone:  freehold recover ${party}`;
}

function placeOfOwner(head: Side, party: string) {
  const parent = parentOf(party);
  if (parent === null) return head.placeOf(meshAddress, 'owner');
  if (parent !== meshAddress) return head.placeOf(party, 'owner');
  const [kind, name = ''] = party.split(':');
  return name === '' ? head.placeOf(meshAddress, 'zones', party) : head.placeOf(meshAddress, `${kind}s`, name);
}
