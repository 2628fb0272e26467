import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { consentFileText, parseConsentFile, type Statement, statementText } from '../review/consent-file.ts';
import { testSigner } from '../review/testing/sign.ts';
import { lines, loaded, mesh } from './testing/model.ts';

const schema = JSON.parse(await readFile(new URL('../../docs/schemas/consent.schema.json', import.meta.url), 'utf8'));
const isInSchema = new Ajv2020({ allErrors: true }).compile(schema);

const statement: Statement = {
  mesh: 'acme',
  rule: 'column-narrowed',
  address: 'retail/sales/orders.customers#name',
  before: 'a'.repeat(64),
  after: null,
  party: 'retail/insight',
  reason: 'agreed on Monday',
  notAfter: '2026-12-31',
  nonce: '0123456789abcdef',
};
const signatures = [testSigner().sign(statementText(statement))];
const good = consentFileText({ statement, signatures });
const goodFile = { version: 1, statement, signatures };

test('a signed consent is data beside the model: it is kept as it is, and changes no digest', async () => {
  const bare = await loaded(mesh);
  const { findings, digest, signed, source } = await loaded({ ...mesh, 'consents/x.consent.json': good });
  expect({ findings: lines(findings), digest, signed }).toEqual({
    findings: [],
    digest: bare.digest,
    signed: { 'consents/x.consent.json': good },
  });
  expect(source('consents/x.consent.json')).toBe(good);
  expect(parseConsentFile(good)).toEqual({ statement, signatures });
  expect(isInSchema(JSON.parse(good)), JSON.stringify(isInSchema.errors)).toBe(true);
});

test('one that holds no consent is found, and costs no other file anything', async () => {
  const { findings, digest } = await loaded({ ...mesh, 'consents/x.consent.json': '{' });
  expect(lines(findings)).toEqual([
    "consents/x.consent.json:1:1 bad-consent-file 'consents/x.consent.json' should hold a signed consent, and is no JSON, so it counts for nothing.",
  ]);
  expect(digest).not.toBeNull();
});

test.each([
  ['', 'is no JSON'],
  ['[]', 'has no object in it'],
  ['null', 'has no object in it'],
  ['"x"', 'has no object in it'],
  [JSON.stringify({ ...goodFile, version: 2 }), "has another 'version' than 1"],
  [JSON.stringify({ ...goodFile, more: 1 }), "has 'more', which is not known"],
  [JSON.stringify({ version: 1, statement }), "lacks 'signatures'"],
  [
    JSON.stringify({ ...goodFile, signatures: [] }),
    "has something else than a list of 1 to 16 signatures in 'signatures'",
  ],
  [
    JSON.stringify({ ...goodFile, signatures: [1] }),
    "has something else than a list of 1 to 16 signatures in 'signatures'",
  ],
  [JSON.stringify({ ...goodFile, statement: [] }), "has something else than an object in 'statement'"],
  [changed({ extra: 1 }), "has 'statement.extra', which is not known"],
  [changed({ mesh: 'Acme' }), "has something else than the name of a mesh in 'statement.mesh'"],
  [changed({ rule: 'Type narrowed' }), "has something else than the name of a rule in 'statement.rule'"],
  [changed({ address: '' }), "has something else than an address in 'statement.address'"],
  [changed({ before: 'a' }), "has neither a digest of 64 hexadecimal digits nor null in 'statement.before'"],
  [changed({ before: null }), "is of no change: 'before' and 'after' are the same"],
  [
    changed({ party: 'a/b/c' }),
    "has something else than a zone such as 'retail' or a team such as 'retail/insight' in 'statement.party'",
  ],
  [changed({ reason: ' ' }), "has something else than a reason of up to 2000 characters in 'statement.reason'"],
  [changed({ notAfter: '2026-02-30' }), "has something else than a day such as '2026-12-31' in 'statement.notAfter'"],
  [changed({ nonce: 'short' }), "has something else than at least 16 letters and digits in 'statement.nonce'"],
  [changed({ nonce: undefined }), "lacks 'statement.nonce'"],
  [good.replace('"party"', '"reason": "another", "party"'), 'says something twice, and only one of the two can count'],
  [good.replace('"party"', '"__proto__": {}, "party"'), "has 'statement.__proto__', which is not known"],
  [
    changed({ reason: 'x'.repeat(2001) }),
    "has something else than a reason of up to 2000 characters in 'statement.reason'",
  ],
  [`${'['.repeat(30_000)}${']'.repeat(30_000)}`, 'is nested deeper than 8'],
  [`{"version":1,"statement":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 'is nested deeper than 8'],
  [' '.repeat(65_537), 'is larger than 65536 characters'],
])('%.60s is refused: %s', (text, wrong) => {
  expect(parseConsentFile(text)).toEqual({ wrong });
});

test('text in a consent that looks like a key of JSON is text', () => {
  const odd = { ...statement, reason: 'he said "yes": twice, "no": never \\' };
  expect(parseConsentFile(consentFileText({ statement: odd, signatures }))).toEqual({ statement: odd, signatures });
});

function changed(parts: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...goodFile, statement: { ...statement, ...parts } });
}
