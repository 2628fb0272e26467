import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { fingerprint, isSameKey } from '../../base/ssh-key.ts';
import { harmless } from '../../findings/harmless.ts';
import { meshAddress } from '../../model/address.ts';
import { parseDay } from '../../model/duration.ts';
import type { Break } from '../../review/break.ts';
import {
  consentFileText,
  consentNamespace,
  consentSuffix,
  type Statement,
  statementText,
} from '../../review/consent-file.ts';
import type { Proposal } from '../../review/proposal.ts';
import { partyIn, whyNotSigner } from '../../review/signers.ts';
import { keyOfSignature, verifySshSignature } from '../../review/ssh-signature.ts';
import type { Verdict } from '../../review/verdict.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import type { Output } from '../output.ts';
import { type LocalKey, localKeys, publicKeyOf, sshSign } from '../sign.ts';

/** A review as `approve` needs it: with the breaks that consents are given to, whether they have them or not. */
export type Reviewed = {
  readonly verdict: Verdict;
  readonly breaks: readonly Break[];
  readonly proposal: Proposal;
};

export type ApproveOptions = {
  readonly dir?: string;
  /** A private key, or a public one whose private half an agent holds. */
  readonly key?: string;
  readonly party?: string;
  readonly reason?: string;
  readonly until?: string;
  /** Print an entry instead of signing. */
  readonly entry?: boolean;
};

/** Calls back with a review, while what it is of can be asked. */
export type Reviews = (use: (reviewed: Reviewed) => Promise<ExitStatus>) => Promise<ExitStatus>;

/** Writes and signs the consent to a breaking change that a review found; or prints it as an entry of the model. */
export async function approveCommand(
  id: string,
  options: ApproveOptions,
  reviewed: Reviews,
  output: Output,
): Promise<ExitStatus> {
  const nowMs = systemClock.nowMs();
  const notAfter = lastDay(options.until, nowMs);
  return reviewed((review) => approve(id, options, review, { nowMs, notAfter }, output));
}

async function approve(
  id: string,
  options: ApproveOptions,
  { verdict, breaks, proposal }: Reviewed,
  { nowMs, notAfter }: { readonly nowMs: number; readonly notAfter: string },
  output: Output,
): Promise<ExitStatus> {
  const one = breakOf(id, breaks, verdict);
  const signer = options.entry === true ? null : await signerFor(one, options, proposal, nowMs);
  const party = signer?.party ?? onlyParty(one, options.party);
  const statement: Statement = {
    mesh: proposal.base?.lookup.object('mesh', meshAddress)?.name ?? '',
    rule: one.rule,
    address: one.address,
    before: one.before,
    after: one.after,
    party,
    reason: reasonOf(options.reason ?? one.finding.message),
    notAfter,
    nonce: randomBytes(16).toString('hex'),
  };
  const document = { version: 1, finding: one.finding.id, statement };
  if (signer === null) {
    const entry = entryText(statement);
    output.document({ ...document, file: null, key: null, entry });
    output.result(entry);
    output.note(
      `Put it in a model file, and let '${party}' merge it before the change. The change that it is for then removes it, and so uses it up.`,
    );
    return 0;
  }
  const signature = await sshSign(statementText(statement), signer.by, consentNamespace);
  const key = checked(signature, statement, proposal, nowMs);
  const root = resolve(options.dir ?? '.');
  const file = join('consents', fileName(statement));
  await mkdir(join(root, 'consents'), { recursive: true });
  await writeFile(join(root, file), consentFileText({ statement, signatures: [signature] }), { flag: 'wx' });
  output.document({ ...document, file: file.replaceAll('\\', '/'), key: fingerprint(key), entry: null });
  output.result(
    `${output.color.green('signed')}  ${relative('.', join(root, file))}\n` +
      harmless(
        `  '${party}' consents to ${one.rule} of '${one.address}', until ${notAfter}, with key ${fingerprint(key)}.`,
      ) +
      '\n  Commit it with the change: it counts for this change as it is now, once.',
  );
  return 0;
}

const defaultDays = 30;
const mostReason = 2000;
const dayMs = 86_400_000;

/** What was said, as far as a statement holds it. */
function reasonOf(text: string): string {
  if (text.trim() === '') throw new UseError('--reason is empty: say why, for those who read the consent later.');
  return text.slice(0, mostReason);
}

function lastDay(until: string | undefined, nowMs: number): string {
  if (until === undefined) return new Date(nowMs + defaultDays * dayMs).toISOString().slice(0, 10);
  const day = parseDay(until);
  if (day === null)
    throw new UseError(`--until is the last day on which it counts, such as 2026-12-31, not '${until}'.`);
  if (day + dayMs <= nowMs) throw new UseError(`--until ${until} is over: such a consent would never count.`);
  return until;
}

function breakOf(id: string, breaks: readonly Break[], { findings }: Verdict): Break {
  const found = breaks.find(({ finding }) => finding.id === id || finding.digest === id);
  if (found !== undefined) return found;
  if (findings.some((finding) => finding.id === id))
    throw new UseError(`Finding ${id} is none that a consent helps with. Do what it says.`);
  const known = breaks.map(({ finding, address }) => `${finding.id} (${finding.rule} of ${address})`);
  throw new UseError(
    known.length === 0
      ? `There is no finding ${id}: the change breaks nothing that anyone could consent to.`
      : `There is no breaking change ${id}. There is ${known.join(', ')}.`,
  );
}

function onlyParty({ needs, finding }: Break, party: string | undefined): string {
  if (party !== undefined && needs.includes(party)) return party;
  const list = needs.map((one) => `'${one}'`).join(', ');
  if (needs.length === 0) throw new UseError(`Nobody can consent to ${finding.id}. Do what the finding says.`);
  if (party !== undefined) throw new UseError(`${finding.id} needs the consent of ${list}, not of '${party}'.`);
  const [first] = needs;
  if (needs.length > 1 || first === undefined)
    throw new UseError(`${finding.id} needs the consent of ${list}. Say whose word this is:  --party ${first}`);
  return first;
}

type Chosen = { readonly party: string; readonly by: LocalKey | { readonly file: string } };

/** Whose word it is, and with which key: what was said, else the first key at hand that base lists for a party that is needed. */
async function signerFor(
  one: Break,
  { key, party }: ApproveOptions,
  proposal: Proposal,
  nowMs: number,
): Promise<Chosen> {
  const parties = party === undefined ? one.needs : [onlyParty(one, party)];
  const listed = (by: string) => parties.find((each) => listedFor(each, by, proposal, nowMs));
  if (key !== undefined) {
    const known = await publicKeyOf(key);
    return { party: (known === null ? undefined : listed(known)) ?? onlyParty(one, party), by: { file: key } };
  }
  for (const by of await localKeys()) {
    const found = listed(by.key);
    if (found !== undefined) return { party: found, by };
  }
  throw new UseError(
    `None of the keys in ~/.ssh and in your agent is one that base lists as a signer of ${parties.map((each) => `'${each}'`).join(' or ')}. Name another with  --key FILE, have yours listed in  signers  first, or let the party merge an entry:  --entry`,
  );
}

function listedFor(party: string, key: string, { base }: Proposal, nowMs: number): boolean {
  const signers = base === null ? [] : (partyIn(base.lookup, party)?.signers ?? []);
  return signers.some((signer) => isSameKey(signer.key, key) && whyNotSigner(signer, nowMs) === null);
}

/** The key that signed, where the signature will count: else nobody would see before the review that it does not. */
function checked(signature: string, statement: Statement, proposal: Proposal, nowMs: number): string {
  const key = keyOfSignature(signature);
  if (key === null || !verifySshSignature(statementText(statement), signature, key, consentNamespace))
    throw new UseError(
      'The key is of a kind that does not count: Ed25519, ECDSA, RSA of 2048 bits or more, or a security key.',
    );
  if (!listedFor(statement.party, key, proposal, nowMs))
    throw new UseError(
      `Base does not list key ${fingerprint(key)} as a signer of '${statement.party}' today, so its word would not count. Its owner adds it to  signers: [{ key: '...' }]  of '${statement.party}' and merges that first.`,
    );
  return key;
}

function fileName({ rule, party, nonce }: Statement): string {
  return `${rule}-${party.replaceAll('/', '-')}-${nonce.slice(0, 8)}${consentSuffix}`;
}

/** The statement as a noun of the model. */
function entryText(statement: Statement): string {
  const name = `${statement.rule.replaceAll('-', '_')}_${statement.nonce.slice(0, 8)}`;
  const lines = Object.entries(statement).map(([member, value]) => `  ${member}: ${literal(value)},`);
  return [
    "import { consent } from 'freehold';",
    '',
    `export const ${name} = consent('${name}', {`,
    ...lines,
    '});',
  ].join('\n');
}

function literal(value: string | null): string {
  if (value === null) return 'null';
  if (!/['\\\p{C}\p{Zl}\p{Zp}]/u.test(value)) return `'${value}'`;
  // A reason may quote the model: it is shown as the code that it is, and moves nothing on the screen.
  return JSON.stringify(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}
