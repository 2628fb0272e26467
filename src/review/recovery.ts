/**
 * Break-glass: a parent takes over what an owner left behind. A *recovery* is a statement, signed by as many of the parent's
 * signers as the mesh says, that lies in the model for all to see while a time of waiting passes; only then may the parent
 * put itself in the owner's place. The owner who is still there takes the file out, and nothing happens.
 */
import { canonicalJson } from '../base/digest.ts';
import { meshAddress } from '../model/address.ts';
import { endOfDay, parseDay, parseDurationMs } from '../model/duration.ts';
import type { Lookup } from '../model/lookup.ts';
import { isSameOwner, type Owner, ownerLabel } from '../model/owner.ts';
import { ownerOfParty, parentOf, partyWords } from '../model/party.ts';
import { partyIn, whyNotSigner } from './signers.ts';
import { fingerprint } from './ssh-key.ts';
import { verifySshSignature } from './ssh-signature.ts';

export const recoveryNamespace = 'freehold-recovery';

export type Recovery = {
  readonly mesh: string;
  /** A zone, a team or an environment, by address. */
  readonly address: string;
  /** The owner that it is taken from, as declared. */
  readonly owner: Owner;
  /** The day on which waiting begins: none before the one on which the statement comes into the model. */
  readonly announced: string;
  /** The last day on which it counts. */
  readonly until: string;
  readonly reason: string;
  readonly nonce: string;
};

/** What a `*.recovery.json` holds. */
export type SignedRecovery = { readonly statement: Recovery; readonly signatures: readonly string[] };

/** What is signed. */
export function recoveryText(statement: Recovery): string {
  return canonicalJson({ ...statement });
}

/** Null where the text is no signed recovery. */
export function parseRecovery(text: string): SignedRecovery | null {
  const file = parsed(text);
  if (!isRecord(file) || !isRecord(file.statement) || !Array.isArray(file.signatures)) return null;
  const signatures = file.signatures.filter((one: unknown) => typeof one === 'string');
  const { mesh, address, owner: of, announced, until, reason, nonce } = file.statement;
  const owner = ownerIn(of);
  if (owner === null || signatures.length !== file.signatures.length) return null;
  if (!isText(mesh) || !isText(address) || !isText(reason) || !isText(nonce)) return null;
  if (!isText(announced) || !isText(until) || parseDay(announced) === null || parseDay(until) === null) return null;
  const statement = { mesh, address, owner, announced, until, reason, nonce };
  // What is signed is what was written, and nothing beside it.
  return Object.keys(file.statement).length === Object.keys(statement).length ? { statement, signatures } : null;
}

/** From when on the parent may act on it; null where the mesh has no recovery. */
export function effectiveMs({ announced }: Recovery, base: Lookup): number | null {
  const waiting = parseDurationMs(base.object('mesh', meshAddress)?.recovery?.waiting ?? '');
  const start = parseDay(announced);
  return waiting === null || start === null ? null : start + waiting;
}

/** Why a recovery has no force, waiting aside; null where it has. Signers are those of base. */
export function whyVoid({ statement, signatures }: SignedRecovery, base: Lookup, asOfMs: number): string | null {
  const mesh = base.object('mesh', meshAddress);
  const parent = parentOf(statement.address);
  const owner = ownerOfParty(base, statement.address);
  if (mesh === null || mesh.name !== statement.mesh) return `it is of mesh '${statement.mesh}'`;
  if (mesh.recovery === undefined) return 'the mesh does not say how ownership is recovered';
  if (parent === null || owner === null) return `'${statement.address}' is no zone, team or environment of the mesh`;
  if (!isSameOwner(owner, statement.owner))
    return `${partyWords(statement.address)} is owned by ${ownerLabel(owner)}, not by ${ownerLabel(statement.owner)}`;
  if (asOfMs >= (endOfDay(statement.until) ?? 0)) return `it expired after ${statement.until}`;
  const text = recoveryText(statement);
  const signers = partyIn(base, parent)?.signers ?? [];
  const signed = new Set(
    signers
      .filter((signer) => whyNotSigner(signer, asOfMs) === null)
      .filter(({ key }) => signatures.some((one) => verifySshSignature(text, one, key, recoveryNamespace)))
      .map(({ key }) => fingerprint(key)),
  );
  return signed.size >= mesh.recovery.signatures
    ? null
    : `it is signed by ${signed.size} of the signers of ${partyWords(parent)}, and ${mesh.recovery.signatures} are needed`;
}

function ownerIn(raw: unknown): Owner | null {
  if (!isRecord(raw) || !isText(raw.host)) return null;
  const { kind, host, name, id, users } = raw;
  if (kind === 'repository' && isText(name) && typeof id === 'number') return { kind, host, name, id };
  if (kind !== 'approvers' || !Array.isArray(users)) return null;
  const ids = users.filter((user: unknown) => typeof user === 'number');
  return ids.length === users.length ? { kind, host, users: ids } : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isText(raw: unknown): raw is string {
  return typeof raw === 'string' && raw !== '';
}

function isRecord(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}
