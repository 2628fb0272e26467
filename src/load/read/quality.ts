import type { Check, CheckTest } from '../../model/model.ts';
import { parseShare } from '../../model/share.ts';
import type { At } from './at.ts';
import { atLeastOne, duration, name, scalar } from './common.ts';
import { literalWith, memberOf } from './literals.ts';
import {
  filledText,
  invalid,
  isRecord,
  list,
  madeByWord,
  nullable,
  object,
  oneOf,
  optional,
  type Reader,
  required,
  textWhere,
} from './reader.ts';
import { described, type Schema, schemaOf } from './schema.ts';
import { spelled } from './spelled.ts';

const number: Reader<number> = described<number>(
  (raw, at) => (typeof raw === 'number' && Number.isFinite(raw) ? raw : invalid(raw, at, 'a number')),
  () => ({ type: 'number' }),
);

const bound: Reader<string | number> = described<string | number>(
  (raw, at) =>
    typeof raw === 'string' || (typeof raw === 'number' && Number.isFinite(raw))
      ? raw
      : invalid(raw, at, 'a number, or a text such as 2026-01-31'),
  () => ({ type: ['string', 'number'] }),
);

const change: Reader<string> = textWhere((t) => parseShare(t) !== null, "a share of rows such as '20%'", {
  pattern: '^[0-9]{1,3}(\\.[0-9]+)?%$',
});

const columns = atLeastOne(list(filledText), 'column');
const anything = oneOf('stop', 'divert', 'warn');
/** Whether a test of all rows can divert is for a rule to say. */
const standing = { otherwise: optional(anything), every: optional(duration) };
const judging = { share: optional(number), above: optional(number), exceptions: optional(number), ...standing };

/** What goes with each test; the others would be without effect. */
const ofTest: Readonly<Record<CheckTest, Reader<Check>>> = {
  declared: object({ test: required(oneOf('declared')), otherwise: optional(anything) }),
  present: object({ test: required(oneOf('present')), columns: required(columns), ...judging }),
  accepted: object({
    test: required(oneOf('accepted')),
    columns: required(columns),
    values: required(atLeastOne(list(scalar), 'value')),
    ...judging,
  }),
  excluded: object({
    test: required(oneOf('excluded')),
    columns: required(columns),
    values: required(atLeastOne(list(nullable(scalar)), 'value')),
    ...judging,
  }),
  between: object({
    test: required(oneOf('between')),
    columns: required(columns),
    min: optional(bound),
    max: optional(bound),
    ...judging,
  }),
  length: object({
    test: required(oneOf('length')),
    columns: required(columns),
    min: optional(number),
    max: optional(number),
    ...judging,
  }),
  matches: object({
    test: required(oneOf('matches')),
    columns: required(columns),
    pattern: required(filledText),
    ...judging,
  }),
  compares: object({
    test: required(oneOf('compares')),
    columns: required(columns),
    is: required(oneOf('<', '<=', '=', '<>', '>=', '>')),
    ...judging,
  }),
  unique: object({ test: required(oneOf('unique')), columns: required(columns), ...standing }),
  refers: object({ test: required(oneOf('refers')), columns: required(columns), to: required(name), ...standing }),
  rows: object({
    test: required(oneOf('rows')),
    min: optional(number),
    max: optional(number),
    change: optional(change),
    ...standing,
  }),
  fresh: object({
    test: required(oneOf('fresh')),
    columns: required(columns),
    within: required(duration),
    ...standing,
  }),
};

const tests = Object.keys(ofTest);

function isTest(text: string): text is CheckTest {
  return Object.hasOwn(ofTest, text);
}

const words = "present('column'), accepted('column', [...]) or another check";

function byTest(raw: unknown, at: At): Check | undefined {
  const test = isRecord(raw) && typeof raw.test === 'string' ? raw.test : '';
  return isTest(test) ? ofTest[test](raw, at) : invalid(raw, at, `made by  ${words} `, ` ${words} `);
}

/**
 * In YAML a check is a map whose first word is its test, of columns: `{ present: name, share: 0.99 }`,
 * `{ compares: [shipped, '>=', ordered] }`, `{ rows: { min: 1 } }`; and `declared`, or `{ declared: true, otherwise: divert }`.
 */
const check: Reader<Check> = spelled(madeByWord(byTest, words), {
  what: `a check by its test: { ${tests.join(' | ')}: column, ... }`,
  from: (raw, literal) => {
    if (raw === 'declared') return { raw: { test: raw } };
    if (!isRecord(raw)) return null;
    const [test, ...others] = Object.keys(raw).filter(isTest);
    if (test === undefined || others.length > 0) return null;
    const { [test]: subject, ...rest } = raw;
    const where = memberOf(literal, test);
    const own = subjectOf(test, subject);
    if (own === null) return null;
    const places = literalWith(literal?.offset ?? 0, literal?.members(), where?.members(), { columns: where });
    return { raw: { ...own, ...rest, test }, literal: places };
  },
  schema: () => ({ anyOf: [{ const: 'declared' }, schemaOfMap()] }),
});

/** What a test is of. */
function subjectOf(test: CheckTest, subject: unknown): Readonly<Record<string, unknown>> | null {
  if (test === 'declared') return subject === true ? {} : null;
  if (test === 'rows') return isRecord(subject) ? subject : null;
  if (typeof subject === 'string') return { columns: [subject] };
  if (!Array.isArray(subject)) return null;
  const [first, is, second, ...more]: readonly unknown[] = subject;
  if (test === 'compares' && more.length === 0) return { columns: [first, second], is };
  return { columns: subject };
}

/** One map for all tests: which members go with which, the readers say. */
function schemaOfMap(): Schema {
  const column = { type: 'string', minLength: 1 };
  const ofColumns = { anyOf: [column, { type: 'array', items: column, minItems: 1 }] };
  const counts = object({ min: optional(number), max: optional(number), change: optional(change) });
  const subjects = {
    ...Object.fromEntries(tests.map((test) => [test, ofColumns])),
    declared: { const: true },
    rows: schemaOf(counts),
  };
  const members = {
    values: schemaOf(list(nullable(scalar))),
    min: schemaOf(bound),
    max: schemaOf(bound),
    pattern: schemaOf(filledText),
    to: schemaOf(name),
    within: schemaOf(duration),
    share: schemaOf(number),
    above: schemaOf(number),
    exceptions: schemaOf(number),
    otherwise: schemaOf(anything),
    every: schemaOf(duration),
  };
  return {
    type: 'object',
    properties: { ...subjects, ...members },
    oneOf: tests.map((test) => ({ required: [test] })),
    additionalProperties: false,
  };
}

export const checks: Reader<readonly Check[]> = list(check);
