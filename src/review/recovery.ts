/**
 * Break-glass: a parent takes over what an owner left behind. A *recovery* is a statement, signed by as many of the parent's
 * signers as the mesh says, that lies in the model for all to see while a time of waiting passes; only then may the parent
 * put itself in the owner's place. The owner who is still there takes the file out, and nothing happens.
 */

import { fingerprint } from '../base/ssh-key.ts';
import { meshAddress } from '../model/address.ts';
import { endOfDay, parseDay, parseDurationMs } from '../model/duration.ts';
import type { Lookup } from '../model/lookup.ts';
import { isSameOwner } from '../model/owner.ts';
import { ownerOfParty, parentOf, partyWords } from '../model/party.ts';
import { type Recovery, recoveryNamespace, recoveryText, type SignedRecovery } from './recovery-file.ts';
import { partyIn, whyNotSigner } from './signers.ts';
import { verifySshSignature } from './ssh-signature.ts';
import { numberedWords } from './words.ts';

/** From when on the parent may act on it; null where the mesh has no recovery. */
export function effectiveMs({ announced }: Recovery, base: Lookup): number | null {
  const waiting = parseDurationMs(base.object('mesh', meshAddress)?.recovery?.waiting ?? '');
  const start = parseDay(announced);
  return waiting === null || start === null ? null : start + waiting;
}

/** Why a recovery is of nothing any more, and will not be again; null where it stands, though it may lack signatures. */
export function whyOver({ statement }: SignedRecovery, base: Lookup, asOfMs: number): string | null {
  const mesh = base.object('mesh', meshAddress);
  const owner = ownerOfParty(base, statement.address);
  if (mesh === null || mesh.name !== statement.mesh) return `it is of mesh '${statement.mesh}'`;
  if (parentOf(statement.address) === null || owner === null)
    return `'${statement.address}' is no zone, team or environment of the mesh`;
  if (!isSameOwner(owner, statement.owner))
    return `${partyWords(statement.address)} is owned by ${numberedWords(owner)}, not by ${numberedWords(statement.owner)}`;
  return asOfMs >= (endOfDay(statement.until) ?? 0) ? `it expired after ${statement.until}` : null;
}

/** Why a recovery has no force, waiting aside; null where it has. Signers are those of base, who count at the time of the review. */
export function whyVoid(signed: SignedRecovery, base: Lookup, asOfMs: number): string | null {
  const over = whyOver(signed, base, asOfMs);
  if (over !== null) return over;
  const recovery = base.object('mesh', meshAddress)?.recovery;
  if (recovery === undefined) return 'the mesh does not say how ownership is recovered';
  const parent = parentOf(signed.statement.address) ?? '';
  const count = signersOf(signed, base, parent, asOfMs).size;
  return count >= recovery.signatures
    ? null
    : `it is signed by ${count} of the signers of ${partyWords(parent)}, and ${recovery.signatures} are needed`;
}

/** Fingerprints of the keys of a party, those of base, that signed a recovery and count at a time: one key counts once. */
export function signersOf(
  { statement, signatures }: SignedRecovery,
  base: Lookup,
  party: string,
  asOfMs: number,
): ReadonlySet<string> {
  const text = recoveryText(statement);
  return new Set(
    (partyIn(base, party)?.signers ?? [])
      .filter((signer) => whyNotSigner(signer, asOfMs) === null)
      .filter(({ key }) => signatures.some((one) => verifySshSignature(text, one, key, recoveryNamespace)))
      .map(({ key }) => fingerprint(key)),
  );
}
