import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { meshAddress } from '../model/address.ts';
import { ownerLabel } from '../model/owner.ts';
import { parentOf, partyWords } from '../model/party.ts';
import { isExactly, type OwnerChange, ownerChanges } from './declared-owner.ts';
import { movesIn } from './moves.ts';
import { offersOf, whyNot } from './offers.ts';
import { isFrom } from './origin.ts';
import type { Proposal, Side } from './proposal.ts';
import { whyNotRecovered } from './recoveries.ts';
import { partyLabel } from './words.ts';

/** The declared owners that a proposal replaces, judged: a party changes hands by the word of both, never of one. */
export type Transfers = {
  /** Parties whose owner changes, accepted or not: what declares them is judged here, not as its declarer's. */
  readonly parties: ReadonlySet<string>;
  /** Parties that their parent takes over. */
  readonly recovered: ReadonlySet<string>;
  /** Offers, `offer:<name>`, that the proposal uses and takes out. */
  readonly spent: ReadonlySet<string>;
  readonly findings: readonly Finding[];
};

export function transfersIn(proposal: Proposal, base: Side, asOfMs: number): Transfers {
  const [parties, recovered, spent] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const findings: Finding[] = [];
  for (const { offer } of movesIn(proposal, asOfMs).moves) spent.add(offer);
  for (const change of proposal.changes.flatMap(ownerChanges)) {
    parties.add(change.party);
    const { origin } = proposal;
    // Who is the owner and the receiver gives and takes at once: another person among its approvers, for example.
    if (isFrom(origin, change.from) && isFrom(origin, change.to)) continue;
    const reasons: string[] = [];
    const accepted = offersOf(base.lookup, change.party).find((standing) => {
      const isThis = isExactly(standing.offer.to, change.to);
      const reason = isThis
        ? whyNot(standing, proposal, base.lookup, asOfMs)
        : `offer '${standing.offer.name}' is to ${ownerLabel(standing.offer.to)}`;
      if (reason !== null) reasons.push(reason);
      return reason === null;
    });
    if (accepted !== undefined) {
      spent.add(accepted.at);
      continue;
    }
    const notRecovered = whyNotRecovered(change, proposal, base, asOfMs);
    if (notRecovered === null) recovered.add(change.party);
    else findings.push(refused(change, [...reasons, ...notRecovered], proposal, base));
  }
  return { parties, recovered, spent, findings };
}

function refused(
  { party, from, to }: OwnerChange,
  reasons: readonly string[],
  { head }: Proposal,
  base: Side,
): Finding {
  const because = reasons.length === 0 ? 'nobody offered it' : reasons.join('; ');
  return finding({
    rule: 'owner-changed',
    address: party,
    message: `this change makes ${ownerLabel(to)} the owner of ${partyWords(party)}, which is owned by ${ownerLabel(from)}: ownership is offered by the one and accepted by the other, and ${because}.`,
    help: `Its owner merges  offer('...', { address: '${party}', ... });  then ${ownerLabel(to)} sends this change, with the offer taken out. If the owner is gone:  freehold recover ${party}`,
    at: placeOfOwner(head, party),
    owner: partyLabel(base.lookup, party, from),
  });
}

function placeOfOwner(head: Side, party: string) {
  const parent = parentOf(party);
  if (parent === null) return head.placeOf(meshAddress, 'owner');
  if (parent !== meshAddress) return head.placeOf(party, 'owner');
  const [kind, name = ''] = party.split(':');
  return name === '' ? head.placeOf(meshAddress, 'zones', party) : head.placeOf(meshAddress, `${kind}s`, name);
}
