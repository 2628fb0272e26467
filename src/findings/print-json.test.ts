import { expect, test } from 'vitest';
import { finding } from './make.ts';
import { printJson } from './print-json.ts';

test('the document holds version, digest, counts and every finding whole', () => {
  const one = finding({ rule: 'r', address: 'a', message: 'm', help: 'h', at: { file: 'f.ts', line: 1, column: 2 } });
  const two = finding({ rule: 's', severity: 'warning', message: 'n', help: 'i' });
  expect(JSON.parse(printJson([one, two], 'abc'))).toEqual({
    version: 1,
    digest: 'abc',
    counts: { errors: 1, warnings: 1 },
    findings: [one, two],
  });
});

test('characters that steer a terminal are escapes, and are the same characters after parsing', () => {
  const hostile = '\u001b[2J \u202e \u200b \u009b \u2028 \u{e0041} \ud800';
  const text = printJson([finding({ rule: 'r', message: hostile, help: 'h' })], null);
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  expect(JSON.parse(text).findings[0].message).toBe(hostile);
});

test('a document without findings is whole as well', () => {
  expect(printJson([], null)).toBe(
    '{\n  "version": 1,\n  "digest": null,\n  "counts": {\n    "errors": 0,\n    "warnings": 0\n  },\n  "findings": []\n}\n',
  );
});
