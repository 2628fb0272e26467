/**
 * The escape hatch: a breaking change passes where each party that it concerns consents to it, and to it alone.
 *
 * Terms. *party*: a zone, a team or the mesh, as **base** has them: head cannot say who may speak. *statement*: what a party
 * consents to. *signed*: a statement in a `*.consent.json` of head. *entry*: a `consent(...)` of the model, in base.
 *
 * Each counts once, with nothing but base and head to look at. A signed statement counts where base does not have it, under
 * any path: merging spends it, and `consentFiles` keeps it in the model until its last day is over, so that no change can
 * bring it back. An entry counts in the change that removes it.
 */
import type { Finding } from '../findings/finding.ts';
import { ownerLabel } from '../model/owner.ts';
import type { Break } from './break.ts';
import { statementText } from './consent-file.ts';
import { entriesAbout, type Given, signedIn } from './consents-given.ts';
import type { Origin } from './origin.ts';
import type { Proposal } from './proposal.ts';
import { partyIn } from './signers.ts';
import { isMeantFor, whyNot } from './why-not-consent.ts';

/**
 * Breaks without the consent of every party that they need, as findings that say whose is missing and how to give it; and
 * the consents that the others had. A break that needs nobody's consent can have none: it stays.
 */
export function consented(
  breaks: readonly Break[],
  proposal: Proposal,
  asOfMs: number,
): { readonly findings: readonly Finding[]; readonly consents: readonly string[] } {
  if (breaks.length === 0) return { findings: [], consents: [] };
  const signed = signedIn(proposal.head.signed);
  const spent = new Set(signedIn(proposal.base?.signed ?? {}).map(({ statement }) => statementText(statement)));
  const findings: Finding[] = [];
  const consents = new Set<string>();
  for (const one of breaks) {
    const given = [...signed, ...entriesAbout(one.address, proposal)];
    const words = one.needs.map((party) => wordOf(party, one, given, { proposal, spent, asOfMs }));
    const had = words.flatMap((word) => (word.kind === 'consents' ? [word.by] : []));
    if (had.length > 0 && had.length === words.length) for (const by of had) consents.add(by);
    else
      findings.push(
        withHelp(
          one,
          words.flatMap((word) => (word.kind === 'missing' ? [word] : [])),
          proposal,
        ),
      );
  }
  return { findings, consents: [...consents].sort() };
}

type Word =
  | { readonly kind: 'consents'; readonly by: string }
  | { readonly kind: 'missing'; readonly party: string; readonly notes: readonly string[] };

type Scene = { readonly proposal: Proposal; readonly spent: ReadonlySet<string>; readonly asOfMs: number };

function wordOf(party: string, one: Break, given: readonly Given[], scene: Scene): Word {
  const reviewer = reviewerOf(party, scene.proposal);
  if (reviewer !== null) return { kind: 'consents', by: reviewer };
  const notes: string[] = [];
  for (const word of given) {
    const reason = whyNot(word, party, one, scene.proposal, scene.spent, scene.asOfMs);
    if (reason === null) return { kind: 'consents', by: word.at };
    if (isMeantFor(word, party, one, scene.proposal)) notes.push(`There is a consent in '${word.at}', but ${reason}.`);
  }
  return { kind: 'missing', party, notes };
}

/** An approver of the party's owner, who approved the head commit. That the change comes from the owner's repository is no consent: nobody looked. */
function reviewerOf(party: string, { base, origin }: Proposal): string | null {
  const owner = base === null ? undefined : partyIn(base.lookup, party)?.owner;
  if (owner?.kind !== 'approvers' || owner.host !== origin.host) return null;
  const user = owner.users.find((one) => origin.approvers.includes(one));
  return user === undefined ? null : reviewText(origin, user);
}

function reviewText({ host }: Origin, user: number): string {
  return `review by user ${user} of ${host}`;
}

function withHelp(one: Break, missing: readonly Extract<Word, { kind: 'missing' }>[], proposal: Proposal): Finding {
  const lines = missing.map(({ party }) => waysOf(party, one.finding.id, proposal));
  const notes = [...new Set(missing.flatMap((word) => word.notes))].slice(0, mostNotes);
  return { ...one.finding, help: [one.finding.help, ...lines, ...notes].filter((line) => line !== '').join(' ') };
}

const mostNotes = 5;

function waysOf(party: string, id: string, { base }: Proposal): string {
  const known = base === null ? null : partyIn(base.lookup, party);
  const what = party === 'mesh' ? 'the mesh' : `${party.includes('/') ? 'team' : 'zone'} '${party}'`;
  if (known === null) return `It needs the consent of ${what}, which base does not have.`;
  const ways = [
    ...(known.owner.kind === 'approvers' ? ['approves this change at the forge'] : []),
    ...(known.signers.length > 0 ? [`signs it (freehold approve ${id} --party ${party})`] : []),
    `merges an entry (freehold approve ${id} --party ${party} --entry)`,
  ];
  return `The consent of ${what} (${ownerLabel(known.owner)}) is missing: it ${ways.join(', or ')}.`;
}
