import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byCodePoint } from '../base/digest.ts';
import type { PolicyTest } from '../check/policy/test-case.ts';
import type { Finding, Place } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import type { Reading } from './read/at.ts';
import { duration, name } from './read/common.ts';
import { memberOf } from './read/literals.ts';
import {
  boolean,
  filledText,
  invalid,
  isRecord,
  list,
  object,
  oneOf,
  optional,
  type Reader,
  required,
} from './read/reader.ts';
import { placesIn } from './sandbox/text.ts';
import { readYaml } from './schema/yaml.ts';

/** A test, where it stands, and whose policies it is about. */
export type PlacedTest = { readonly zone: string; readonly test: PolicyTest; readonly at: Place | null };

export type PolicyTests = {
  readonly tests: readonly PlacedTest[];
  readonly findings: readonly Finding[];
  readonly texts: Readonly<Record<string, string>>;
};

/** The tests of policies in files of a model, by path. What is wrong with a file are findings. */
export function readPolicyTests(texts: Readonly<Record<string, string>>): PolicyTests {
  const findings: Finding[] = [];
  const tests = Object.keys(texts)
    .sort(byCodePoint)
    .flatMap((file) => testsIn(file, texts[file] ?? '', findings));
  return { tests, findings, texts };
}

/** Reads the files that hold such tests: `policies.test.yaml`, `emea.policies.test.yaml`. */
export async function readPolicyTestFiles(root: string, files: readonly string[]): Promise<PolicyTests> {
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(join(root, file), 'utf8')] as const));
  return readPolicyTests(Object.fromEntries(texts));
}

export function isPolicyTestFile(path: string): boolean {
  return /(^|[/.])policies\.test\.yaml$/.test(path);
}

function testsIn(file: string, text: string, findings: Finding[]): readonly PlacedTest[] {
  const placeAt = placesIn(file, text);
  const yaml = readYaml(text);
  if ('problem' in yaml) {
    findings.push(
      finding({
        rule: 'policy-test-file',
        message: `'${file}' cannot be read: ${yaml.problem}.`,
        help: 'Correct it: it is YAML.',
        at: placeAt(yaml.offset),
      }),
    );
    return [];
  }
  const { raw, literal } = yaml;
  const reading: Reading = { findings: [], isYaml: false, places: new Map(), marked: () => null };
  const at = { reading, subject: `'${file}'`, address: file, path: [], literal, placeAt, place: placeAt(0) };
  const read = testFile(raw, at);
  // These files are of no object: what is wrong with them is one rule's.
  findings.push(...reading.findings.map((one) => finding({ ...one, rule: 'policy-test-file', address: null })));
  return (read?.tests ?? []).map((test, i) => ({
    zone: read?.zone ?? '',
    test,
    at: placeOfTest(memberOf(literal, 'tests', String(i))?.offset, placeAt),
  }));
}

function placeOfTest(offset: number | undefined, placeAt: (offset: number) => Place): Place | null {
  return offset === undefined ? null : placeAt(offset);
}

const stated = object({
  at: optional(filledText),
  engine: optional(filledText),
  grade: optional(oneOf('production', 'test')),
  encrypted: optional(boolean),
});

const ofModel = object({
  environment: required(name),
  connection: optional(name),
  store: optional(name),
  replica: optional(name),
});

const place: Reader<NonNullable<PolicyTest['place']>> = (raw, at) => {
  if (!isRecord(raw) || !('environment' in raw)) return stated(raw, at);
  const read = ofModel(raw, at);
  const named =
    read === undefined ? 1 : [read.connection, read.store, read.replica].filter((one) => one !== undefined).length;
  return named === 1 ? read : invalid(raw, at, 'an environment with one of connection, store and replica');
};

/** One name, or several. */
const names: Reader<readonly string[]> = (raw, at) => (typeof raw === 'string' ? [raw] : list(filledText)(raw, at));

const policyTest: Reader<PolicyTest> = object({
  name: required(filledText),
  column: optional(filledText),
  rows: optional(object({ level: optional(filledText), labels: optional(list(filledText)) })),
  place: optional(place),
  reader: optional(filledText),
  kept: optional(duration),
  made: optional(boolean),
  production: optional(boolean),
  called: optional(object({ what: required(oneOf('datastore', 'dataset', 'column')), name: required(filledText) })),
  expect: required(oneOf('allowed', 'refused')),
  by: optional(names),
});

const testFile = object({
  version: required(oneOf(1)),
  zone: required(name),
  tests: required(list(policyTest)),
});
