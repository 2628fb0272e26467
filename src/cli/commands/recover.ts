import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { fingerprint, isSameKey } from '../../base/ssh-key.ts';
import { harmless } from '../../findings/harmless.ts';
import { parseDay } from '../../model/duration.ts';
import { type Lookup, lookupIn } from '../../model/lookup.ts';
import { ownerLabel } from '../../model/owner.ts';
import { partyWords } from '../../model/party.ts';
import { signersOf } from '../../review/recovery.ts';
import {
  recoveryFileText,
  recoveryNamespace,
  recoverySuffix,
  recoveryText,
  type SignedRecovery,
} from '../../review/recovery-file.ts';
import { partyIn, whyNotSigner } from '../../review/signers.ts';
import { keyOfSignature, verifySshSignature } from '../../review/ssh-signature.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import type { Output } from '../output.ts';
import { openProject } from '../project.ts';
import { type Announcing, begunIn, type Orphan, orphanAt, statementOf } from '../recover/orphan.ts';
import { type LocalKey, localKeys, sshSign } from '../sign.ts';

export type RecoverOptions = Announcing & { readonly dir?: string; readonly key?: string };

/** Announces that a parent takes over what its owner left behind, or adds a signature to what is announced already. */
export async function recoverCommand(address: string, options: RecoverOptions, output: Output): Promise<ExitStatus> {
  const nowMs = systemClock.nowMs();
  const { root, model, recoveries } = await openProject(options.dir, systemClock);
  if (model === null) throw new UseError('The model could not be read:  freehold check  says why.');
  const lookup = lookupIn(model);
  const orphan = orphanAt(address, lookup, model);
  const begun = begunIn(recoveries, orphan, nowMs);
  const file =
    begun?.file ??
    join('recoveries', `${address.replaceAll(/[/:]/g, '-')}-${randomBytes(4).toString('hex')}${recoverySuffix}`);
  const signed = begun?.signed ?? { statement: statementOf(orphan, options, nowMs), signatures: [] };
  const { statement } = signed;

  const signature = await sshSign(
    recoveryText(statement),
    await signerFor(options.key, orphan, lookup, nowMs),
    recoveryNamespace,
  );
  const key = checked(signature, signed, orphan, lookup, nowMs);
  const whole: SignedRecovery = { statement, signatures: [...signed.signatures, signature] };
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), recoveryFileText(whole));

  const count = signersOf(whole, lookup, orphan.parent, nowMs).size;
  const effective = new Date((parseDay(statement.announced) ?? 0) + orphan.waitingMs).toISOString();
  const { signatures: needed } = orphan;
  output.document({
    version: 1,
    file: file.replaceAll('\\', '/'),
    statement,
    key: fingerprint(key),
    signed: count,
    needed,
    effective,
  });
  output.result(
    [
      `${output.color.green('signed')}  ${relative('.', join(root, file))}  (${count} of ${needed} signatures)`,
      harmless(
        `  ${partyWords(orphan.parent)} takes over ${partyWords(address)} from ${ownerLabel(statement.owner)}: ${statement.reason}`,
      ),
      count < needed
        ? `  Hand it to another signer, who runs  freehold recover ${address}  in a checkout that has the file.`
        : `  Merge it by ${statement.announced}: a review refuses it once that day is over. From ${effective} on, and until the end of ${statement.until}, the owner of ${partyWords(orphan.parent)} sends the change of the owner, with this file taken out.`,
    ].join('\n'),
  );
  return 0;
}

/** The key that was named, or the first at hand that counts. */
async function signerFor(
  key: string | undefined,
  orphan: Orphan,
  lookup: Lookup,
  nowMs: number,
): Promise<LocalKey | { readonly file: string }> {
  if (key !== undefined) return { file: key };
  for (const one of await localKeys()) if (isListed(one.key, orphan, lookup, nowMs)) return one;
  throw new UseError(
    `None of the keys in ~/.ssh and in your agent is one of the signers of ${partyWords(orphan.parent)}, which declares '${orphan.address}'. Name another with  --key FILE.`,
  );
}

function isListed(key: string, { parent }: Orphan, lookup: Lookup, nowMs: number): boolean {
  return (partyIn(lookup, parent)?.signers ?? []).some(
    (signer) => isSameKey(signer.key, key) && whyNotSigner(signer, nowMs) === null,
  );
}

/** The key that signed, where the signature counts and is not there yet. */
function checked(signature: string, signed: SignedRecovery, orphan: Orphan, lookup: Lookup, nowMs: number): string {
  const text = recoveryText(signed.statement);
  const key = keyOfSignature(signature);
  if (key === null || !verifySshSignature(text, signature, key, recoveryNamespace))
    throw new UseError(
      'The key is of a kind that does not count: Ed25519, ECDSA, RSA of 2048 bits or more, or a security key.',
    );
  if (!isListed(key, orphan, lookup, nowMs))
    throw new UseError(
      `Key ${fingerprint(key)} is none of the signers of ${partyWords(orphan.parent)} today, so that its signature would not count.`,
    );
  if (signed.signatures.some((one) => verifySshSignature(text, one, key, recoveryNamespace)))
    throw new UseError(`Key ${fingerprint(key)} has signed this already; another signer is to.`);
  return key;
}
