import { readdir, readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { Ran } from './freehold.ts';

const folder = new URL('../../docs/schemas/', import.meta.url);
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
for (const file of await readdir(folder)) {
  const schema: unknown = JSON.parse(await readFile(new URL(file, folder), 'utf8'));
  // That of model files is for editors, which know an older draft.
  if (isObject(schema) && schema.$schema === 'https://json-schema.org/draft/2020-12/schema')
    ajv.addSchema(schema, file);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The one document on standard output, which must be what docs/schemas/<schema>.schema.json says. */
export function documentOf(ran: Ran, schema: string): Record<string, unknown> {
  // Nothing but one document parses: a second one, or a word before it, is an error.
  const document: Record<string, unknown> = JSON.parse(ran.out);
  const validate = ajv.getSchema(`${schema}.schema.json`);
  if (validate === undefined) throw new Error(`docs/schemas/${schema}.schema.json is missing`);
  const isValid = validate(document);
  expect({ isValid, errors: validate.errors }, ran.out).toEqual({ isValid: true, errors: null });
  return document;
}
