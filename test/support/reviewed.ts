import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import picocolors from 'picocolors';
import { expect } from 'vitest';
import { type ReviewOptions, reviewCommand } from '../../src/cli/commands/review.ts';
import { statusOf } from '../../src/cli/exit.ts';
import type { Output } from '../../src/cli/output.ts';
import type { ReviewDocument } from '../../src/cli/review/document.ts';
import type { Environment } from '../../src/forge/occasion.ts';

const schema = (name: string) => new URL(`../../docs/schemas/${name}.schema.json`, import.meta.url);
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
ajv.addSchema(JSON.parse(await readFile(schema('findings'), 'utf8')), 'findings.schema.json');
const isDocument = ajv.compile<ReviewDocument>(JSON.parse(await readFile(schema('review'), 'utf8')));

export type Reviewed = {
  readonly status: number;
  /** Of the world's failure or wrong use; null where there is a verdict. */
  readonly error: string | null;
  readonly text: string;
  readonly document: ReviewDocument | null;
  /** `rule address file:line` of each finding. */
  readonly found: readonly string[];
};

/** A review in this process, in `--json` and as text at once. The document must be what its schema says. Nothing is kept, unless asked for. */
export async function reviewed(options: ReviewOptions, environment: Environment = {}): Promise<Reviewed> {
  const told: string[] = [];
  let document: ReviewDocument | null = null;
  const output: Output = {
    json: false,
    color: picocolors.createColors(false),
    isColored: false,
    result: (text) => void told.push(text),
    document: (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      if (!isDocument(plain)) throw new Error(JSON.stringify(isDocument.errors));
      document = plain;
    },
    note: (text) => void told.push(text),
    problem: (text) => void told.push(text),
  };
  let status: number;
  let error: string | null = null;
  try {
    status = await reviewCommand(options, output, { FREEHOLD_CACHE: 'off', ...environment });
  } catch (thrown) {
    ({ status, message: error } = statusOf(thrown));
    // An unexpected error keeps its stack: none of those here may be one.
    expect(error).not.toMatch(/\n\s+at /);
  }
  return { status, error, text: told.join('\n'), document, found: foundIn(document) };
}

function foundIn(document: ReviewDocument | null): string[] {
  return (document?.findings ?? []).map(
    ({ rule, address, at }) => `${rule} ${address ?? '-'} ${at === null ? '-' : `${at.file}:${at.line}`}`,
  );
}
