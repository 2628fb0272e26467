/**
 * A signed statement as it lies in a model, `*.consent.json`: `{ version, statement, signatures }`. What is signed is
 * the statement in canonical JSON, so that the file may be laid out for people. docs/schemas/consent.schema.json.
 */
import { canonicalJson } from '../base/digest.ts';
import { namePattern } from '../model/address.ts';
import { parseDay } from '../model/duration.ts';
import type { Consent } from '../model/model.ts';
import { strictJson } from './strict-json.ts';

export type Statement = Omit<Consent, 'name'>;

export type ConsentFile = {
  readonly statement: Statement;
  /** Armoured, as `ssh-keygen -Y sign` writes them. One that counts is enough. */
  readonly signatures: readonly string[];
};

export const consentSuffix = '.consent.json';
/** What ssh-keygen is told with `-n`: a signature for anything else is none here. */
export const consentNamespace = 'freehold-consent';

/** What a signer signs. */
export function statementText(statement: Statement): string {
  return canonicalJson(statement);
}

export function consentFileText({ statement, signatures }: ConsentFile): string {
  return `${JSON.stringify({ version: 1, statement, signatures }, null, 2)}\n`;
}

/** The file, or what is wrong with it as the end of a sentence. */
export function parseConsentFile(text: string): ConsentFile | { readonly wrong: string } {
  const parsed = strictJson(text);
  if ('wrong' in parsed) return parsed;
  if (!isConsent(parsed.value)) return { wrong: fileShape(parsed.value, '') ?? 'is no consent' };
  const { statement, signatures } = parsed.value;
  if (statement.before === statement.after) return { wrong: `is of no change: 'before' and 'after' are the same` };
  return { statement, signatures };
}

/** What is wrong with a value that stands at a name; null: nothing. */
type Shape = (value: unknown, name: string) => string | null;

/** An object with these members, all of them, and no other. */
function members(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, name) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `has ${name === '' ? 'no object in it' : `something else than an object in '${name}'`}`;
    const within = (member: string) => (name === '' ? member : `${name}.${member}`);
    const unknown = Object.keys(value).find((key) => !Object.hasOwn(shapes, key));
    if (unknown !== undefined) return `has '${within(unknown)}', which is not known`;
    for (const [member, shape] of Object.entries(shapes)) {
      if (!Object.hasOwn(value, member)) return `lacks '${within(member)}'`;
      const wrong = shape(Reflect.get(value, member), within(member));
      if (wrong !== null) return wrong;
    }
    return null;
  };
}

function textLike(isGood: (text: string) => boolean, what: string): Shape {
  return (value, name) =>
    typeof value === 'string' && isGood(value) ? null : `has something else than ${what} in '${name}'`;
}

const digestOrNull: Shape = (value, name) =>
  value === null || (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value))
    ? null
    : `has neither a digest of 64 hexadecimal digits nor null in '${name}'`;

const signatureList: Shape = (value, name) =>
  Array.isArray(value) && value.length > 0 && value.length <= 16 && value.every((one) => typeof one === 'string')
    ? null
    : `has something else than a list of 1 to 16 signatures in '${name}'`;

const isParty = (text: string) =>
  text.split('/').length <= 2 && text.split('/').every((part) => namePattern.test(part));

const fileShape = members({
  version: (value, name) => (value === 1 ? null : `has another '${name}' than 1`),
  statement: members({
    mesh: textLike((text) => namePattern.test(text), 'the name of a mesh'),
    rule: textLike((text) => /^[a-z][a-z0-9-]*$/.test(text), 'the name of a rule'),
    address: textLike((text) => text.length > 0 && text.length <= 1000, 'an address'),
    before: digestOrNull,
    after: digestOrNull,
    party: textLike(isParty, "a zone such as 'retail' or a team such as 'retail/insight'"),
    reason: textLike((text) => text.trim().length > 0 && text.length <= 2000, 'a reason of up to 2000 characters'),
    notAfter: textLike((text) => parseDay(text) !== null, "a day such as '2026-12-31'"),
    nonce: textLike((text) => /^[0-9A-Za-z_-]{16,200}$/.test(text), 'at least 16 letters and digits'),
  }),
  signatures: signatureList,
});

function isConsent(value: unknown): value is ConsentFile {
  return fileShape(value, '') === null;
}
