import { randomBytes } from 'node:crypto';
import { didYouMean } from '../../findings/near-name.ts';
import { environmentAddress, meshAddress } from '../../model/address.ts';
import { endOfDay, parseDay, parseDurationMs } from '../../model/duration.ts';
import type { Lookup } from '../../model/lookup.ts';
import type { Model } from '../../model/model.ts';
import { isSameOwner, type Owner } from '../../model/owner.ts';
import { ownerOfParty, parentOf } from '../../model/party.ts';
import { parseRecovery, type SignedRecovery } from '../../review/recovery-file.ts';
import { UseError } from '../exit.ts';

/** What is said of a new announcement. */
export type Announcing = { readonly reason?: string; readonly announced?: string; readonly until?: string };

export type Orphan = {
  readonly address: string;
  readonly owner: Owner;
  readonly parent: string;
  readonly mesh: string;
  readonly signatures: number;
  readonly waitingMs: number;
};

/** What a party is and how it is recovered. Errors: UseError where it is not. */
export function orphanAt(address: string, lookup: Lookup, { mesh, zones }: Model): Orphan {
  const owner = ownerOfParty(lookup, address);
  const parent = parentOf(address);
  if (address === meshAddress || parent === null)
    throw new UseError("Nobody declares the mesh, so that nobody can recover it: its owner is the forge's to restore.");
  if (owner === null) {
    const known = [
      ...Object.keys(mesh.zones),
      ...Object.keys(mesh.environments).map(environmentAddress),
      ...Object.values(zones).flatMap(({ name, teams }) => Object.keys(teams).map((team) => `${name}/${team}`)),
    ];
    throw new UseError(
      `'${address}' is no zone, team or environment of the model: ownership is recovered of those.${didYouMean(address, known)}`,
    );
  }
  if (mesh.recovery === undefined)
    throw new UseError(
      `Mesh '${mesh.name}' does not say how ownership is recovered. Its owner adds  recovery: { signatures: 2, waiting: '14d' }  and  signers  first.`,
    );
  const { signatures, waiting } = mesh.recovery;
  const waitingMs = parseDurationMs(waiting) ?? 0;
  if (waitingMs > centuryMs)
    throw new UseError(`Mesh '${mesh.name}' has a recovery wait for ${waiting}: nobody lives to see it.`);
  return { address, owner, parent, mesh: mesh.name, signatures, waitingMs };
}

/** An announcement of the same that can still be signed. */
export function begunIn(
  recoveries: Readonly<Record<string, string>>,
  { address, owner, mesh }: Orphan,
  nowMs: number,
): { readonly file: string; readonly signed: SignedRecovery } | null {
  for (const [file, text] of Object.entries(recoveries)) {
    const signed = parseRecovery(text);
    if ('wrong' in signed) continue;
    const { statement } = signed;
    const isThis = statement.address === address && statement.mesh === mesh && isSameOwner(statement.owner, owner);
    if (isThis && (endOfDay(statement.announced) ?? 0) > nowMs) return { file, signed };
  }
  return null;
}

const dayMs = 86_400_000;
const centuryMs = 36_500 * 86_400_000;

/** A new announcement. Errors: UseError where it could never count. */
export function statementOf(orphan: Orphan, options: Announcing, nowMs: number): SignedRecovery['statement'] {
  const { address, owner, mesh, signatures, waitingMs } = orphan;
  const reason = options.reason?.trim() ?? '';
  if (reason === '')
    throw new UseError(
      "Say why its owner cannot be asked:  --reason '...'.  Everybody will read it while the time of waiting passes.",
    );
  const announced = dayOf('--announced', options.announced) ?? dayText(nowMs + (signatures > 1 ? 3 * dayMs : 0));
  if ((endOfDay(announced) ?? 0) <= nowMs)
    throw new UseError(`--announced ${announced} is over: waiting begins today or later.`);
  const effectiveMs = (parseDay(announced) ?? 0) + waitingMs;
  const until = dayOf('--until', options.until) ?? dayText(effectiveMs + 30 * dayMs);
  if ((endOfDay(until) ?? 0) <= effectiveMs)
    throw new UseError(`--until ${until} is over before waiting is, on ${dayText(effectiveMs)}: it would never count.`);
  return { mesh, address, owner, announced, until, reason, nonce: randomBytes(16).toString('hex') };
}

function dayOf(option: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (parseDay(text) === null) throw new UseError(`${option} is a day, such as 2026-12-31, not '${text}'.`);
  return text;
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
