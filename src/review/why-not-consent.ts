import { fingerprint, isSameKey } from '../base/ssh-key.ts';
import { meshAddress } from '../model/address.ts';
import { endOfDay } from '../model/duration.ts';
import type { Break } from './break.ts';
import { consentNamespace, type Statement, statementText } from './consent-file.ts';
import type { Given } from './consents-given.ts';
import type { Proposal } from './proposal.ts';
import { partyIn, whyNotSigner } from './signers.ts';
import { keyOfSignature, verifySshSignature } from './ssh-signature.ts';

/** Why a consent is not a party's word on a break, as the end of a sentence; null: it is. */
export function whyNot(
  given: Given,
  party: string,
  one: Break,
  proposal: Proposal,
  spent: ReadonlySet<string>,
  asOfMs: number,
): string | null {
  const { statement } = given;
  const [misfit] = misfitsOf(statement, party, one, meshIn(proposal));
  const drift = driftOf(statement, one);
  if (misfit !== undefined || drift !== null) return misfit ?? drift;
  if ((endOfDay(statement.notAfter) ?? Number.NEGATIVE_INFINITY) <= asOfMs)
    return `it counted until ${statement.notAfter}, which is over`;
  if (given.kind === 'entry') return whyNotEntry(given);
  if (spent.has(statementText(statement)))
    return 'it counts once, and base has it already: it was used, or merged without its change';
  return whyNotSigned(given, party, proposal, asOfMs);
}

/** Would a person expect it to count here? One thing in it may be another; where all of it fits, the change may be another. */
export function isMeantFor({ statement }: Given, party: string, one: Break, proposal: Proposal): boolean {
  // What another party that is needed says is its own affair.
  if (statement.party !== party && one.needs.includes(statement.party)) return false;
  const misfits = misfitsOf(statement, party, one, meshIn(proposal)).length;
  return misfits === 0 || (misfits === 1 && driftOf(statement, one) === null);
}

function meshIn({ base }: Proposal): string {
  return base?.lookup.object('mesh', meshAddress)?.name ?? '';
}

/** What it is about, beside the digests. */
function misfitsOf(statement: Statement, party: string, one: Break, mesh: string): string[] {
  return [
    ...(statement.mesh === mesh ? [] : [`it is for mesh '${statement.mesh}', and this is '${mesh}'`]),
    ...(statement.rule === one.rule ? [] : [`it consents to rule '${statement.rule}', and this is '${one.rule}'`]),
    ...(statement.address === one.address
      ? []
      : [`it is about '${statement.address}', and this is about '${one.address}'`]),
    ...(statement.party === party ? [] : [`it is the word of '${statement.party}', not of '${party}'`]),
  ];
}

/** A consent fits one change: from exactly what was there to exactly what was proposed. */
function driftOf(statement: Statement, one: Break): string | null {
  if (statement.before !== one.before)
    return `it was given when base was another: the object before the change was ${short(statement.before)} then, and is ${short(one.before)} now. Each state needs its own consent`;
  return statement.after === one.after
    ? null
    : `the change was another when it was given: the object after it was ${short(statement.after)} then, and is ${short(one.after)} now. One more edit needs one more consent`;
}

function short(digest: string | null): string {
  return digest === null ? 'not there' : digest.slice(0, 10);
}

function whyNotEntry(entry: Extract<Given, { kind: 'entry' }>): string | null {
  if (!entry.inBase) return 'an entry counts once it is merged, before the change: this change brings it along';
  return entry.inHead
    ? 'an entry is used up by the change that it is for: remove it in this same change, and it counts'
    : null;
}

function whyNotSigned(
  { statement, signatures }: Extract<Given, { kind: 'signed' }>,
  party: string,
  { base, head }: Proposal,
  asOfMs: number,
): string | null {
  const signers = base === null ? [] : (partyIn(base.lookup, party)?.signers ?? []);
  const text = statementText(statement);
  const reasons = signatures.map((signature) => {
    const key = keyOfSignature(signature);
    if (key === null) return 'what stands there as a signature is none that counts';
    const listed = signers.find((signer) => isSameKey(signer.key, key));
    if (listed === undefined) {
      const isComing = partyIn(head.lookup, party)?.signers.some((signer) => isSameKey(signer.key, key)) ?? false;
      const hint = isComing ? '; this change lists it, and it counts once that is merged' : '';
      return `base does not list the key that signed it, ${fingerprint(key)}, among the signers of '${party}'${hint}`;
    }
    if (!verifySshSignature(text, signature, listed.key, consentNamespace))
      return 'the signature is not of what it says now: something was changed after it was signed';
    const standing = whyNotSigner(listed, asOfMs);
    return standing === null ? null : `the key that signed it, ${fingerprint(key)}, ${standing}`;
  });
  return reasons.includes(null) ? null : (reasons[0] ?? 'nobody signed it');
}
