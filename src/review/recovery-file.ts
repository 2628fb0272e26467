/** A signed recovery as it lies in a model, `*.recovery.json`: `{ version, statement, signatures }`. docs/schemas/recovery.schema.json. */
import { canonicalJson } from '../base/digest.ts';
import { parseDay } from '../model/duration.ts';
import type { Owner } from '../model/owner.ts';
import { strictJson } from './strict-json.ts';

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

export type SignedRecovery = {
  readonly statement: Recovery;
  /** Armoured, as `ssh-keygen -Y sign` writes them. */
  readonly signatures: readonly string[];
};

export const recoverySuffix = '.recovery.json';
/** What ssh-keygen is told with `-n`. */
export const recoveryNamespace = 'freehold-recovery';

/** What a signer signs. */
export function recoveryText(statement: Recovery): string {
  return canonicalJson(statement);
}

export function recoveryFileText({ statement, signatures }: SignedRecovery): string {
  return `${JSON.stringify({ version: 1, statement, signatures }, null, 2)}\n`;
}

/** The file, or what is wrong with it as the end of a sentence. */
export function parseRecovery(text: string): SignedRecovery | { readonly wrong: string } {
  const parsed = strictJson(text);
  if ('wrong' in parsed) return parsed;
  const file = parsed.value;
  if (!isRecord(file) || file.version !== 1) return { wrong: 'is no recovery: it lacks  version: 1' };
  const { statement: said, signatures: all } = file;
  if (!isRecord(said) || !Array.isArray(all) || Object.keys(file).length !== 3)
    return { wrong: "is no recovery: it has a 'version', a 'statement' and 'signatures', and nothing else" };
  const signatures = all.filter((one: unknown) => typeof one === 'string');
  if (signatures.length !== all.length || signatures.length > 32)
    return { wrong: "has no list of at most 32 'signatures'" };
  const { mesh, address, reason, nonce, announced, until } = said;
  const owner = ownerIn(said.owner);
  if (owner === null) return { wrong: "has no 'owner' that a model could declare" };
  if (!isText(mesh) || !isText(address) || !isText(reason) || !isText(nonce))
    return { wrong: "lacks one of 'mesh', 'address', 'reason' and 'nonce'" };
  if (!isDay(announced) || !isDay(until))
    return { wrong: "has no days such as '2026-12-31' in 'announced' and 'until'" };
  const statement = { mesh, address, owner, announced, until, reason, nonce };
  // What is signed is what a person reads, and nothing stands beside it.
  return canonicalJson(statement) === canonicalText(said)
    ? { statement, signatures }
    : { wrong: 'says something that is not known' };
}

function ownerIn(raw: unknown): Owner | null {
  if (!isRecord(raw) || !isText(raw.host)) return null;
  const { kind, host, name, id, users } = raw;
  if (kind === 'repository' && isText(name) && typeof id === 'number') return { kind, host, name, id };
  if (kind !== 'approvers' || !Array.isArray(users)) return null;
  const ids = users.filter((user: unknown) => typeof user === 'number');
  return ids.length === users.length ? { kind, host, users: ids } : null;
}

/** Of a value that was JSON a moment ago. */
function canonicalText(value: Readonly<Record<string, unknown>>): string {
  return canonicalJson(isJson(value) ? value : null);
}

function isJson(value: unknown): value is Parameters<typeof canonicalJson>[0] {
  return value !== undefined;
}

function isDay(raw: unknown): raw is string {
  return typeof raw === 'string' && parseDay(raw) !== null;
}

function isText(raw: unknown): raw is string {
  return typeof raw === 'string' && raw.trim() !== '';
}

function isRecord(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}
