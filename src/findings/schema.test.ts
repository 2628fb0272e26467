import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { finding } from './make.ts';
import { printJson } from './print-json.ts';

const schema = JSON.parse(await readFile(new URL('../../docs/schemas/findings.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ allErrors: true }).compile(schema);

test('the JSON of findings is what the published schema says', () => {
  const full = finding({
    rule: 'unknown-team',
    address: 'retail/sales/orders',
    message: 'm',
    help: 'h',
    at: { file: 'a.ts', line: 1, column: 1 },
    related: [
      { message: 'here', at: { file: 'b.ts', line: 2, column: 3 } },
      { message: 'somewhere', at: null },
    ],
    owner: 'github acme/x',
    blame: { commit: 'a'.repeat(40), author: 'Ana', at: '2026-01-31T09:00:00+01:00' },
  });
  const bare = finding({ rule: 'r', severity: 'warning', message: 'm', help: 'h' });
  for (const [findings, digest] of [
    [[], null],
    [[full, bare], 'a'.repeat(64)],
  ] as const) {
    validate(JSON.parse(printJson(findings, digest)));
    expect(validate.errors).toBeNull();
  }
});

test('the schema refuses what is not of it', () => {
  const document = JSON.parse(printJson([finding({ rule: 'r', message: 'm', help: 'h' })], null));
  for (const wrong of [
    { ...document, version: 2 },
    { ...document, more: 1 },
    { ...document, findings: [{ ...document.findings[0], at: {} }] },
    { ...document, findings: [{ ...document.findings[0], blame: { commit: 'a', author: '', at: 'yesterday' } }] },
  ])
    expect(validate(wrong)).toBe(false);
});
