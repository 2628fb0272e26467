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
const judging = { share: optional(number), ...standing };

/** What goes with each test; the others would be without effect. */
const shapes = {
  declared: { otherwise: optional(anything) },
  present: { columns: required(columns), ...judging },
  accepted: { columns: required(columns), values: required(atLeastOne(list(scalar), 'value')), ...judging },
  between: { columns: required(columns), min: optional(bound), max: optional(bound), ...judging },
  length: { columns: required(columns), min: optional(number), max: optional(number), ...judging },
  matches: { columns: required(columns), pattern: required(filledText), ...judging },
  compares: { columns: required(columns), is: required(oneOf('<', '<=', '=', '<>', '>=', '>')), ...judging },
  unique: { columns: required(columns), ...standing },
  refers: { columns: required(columns), to: required(name), ...standing },
  rows: { min: optional(number), max: optional(number), change: optional(change), ...standing },
  fresh: { columns: required(columns), within: required(duration), ...standing },
};

const ofTest: Readonly<Record<CheckTest, Reader<Check>>> = {
  declared: object({ test: required(oneOf('declared')), ...shapes.declared }),
  present: object({ test: required(oneOf('present')), ...shapes.present }),
  accepted: object({ test: required(oneOf('accepted')), ...shapes.accepted }),
  between: object({ test: required(oneOf('between')), ...shapes.between }),
  length: object({ test: required(oneOf('length')), ...shapes.length }),
  matches: object({ test: required(oneOf('matches')), ...shapes.matches }),
  compares: object({ test: required(oneOf('compares')), ...shapes.compares }),
  unique: object({ test: required(oneOf('unique')), ...shapes.unique }),
  refers: object({ test: required(oneOf('refers')), ...shapes.refers }),
  rows: object({ test: required(oneOf('rows')), ...shapes.rows }),
  fresh: object({ test: required(oneOf('fresh')), ...shapes.fresh }),
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
 * `{ compares: [shipped, '>=', ordered] }`, `{ rows: { min: 1 } }`; and `declared` alone.
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
  schema: () => ({ anyOf: [{ const: 'declared' }, ...tests.filter(isTest).map(schemaOfTest)] }),
});

/** What a test is of. */
function subjectOf(test: CheckTest, subject: unknown): Readonly<Record<string, unknown>> | null {
  if (test === 'rows' || test === 'declared') return isRecord(subject) ? subject : null;
  if (typeof subject === 'string') return { columns: [subject] };
  if (!Array.isArray(subject)) return null;
  const [first, is, second, ...more]: readonly unknown[] = subject;
  if (test === 'compares' && more.length === 0) return { columns: [first, second], is };
  return { columns: subject };
}

function schemaOfTest(test: CheckTest): Schema {
  const shape: Readonly<Record<string, { readonly reader: Reader<unknown>; readonly required: boolean }>> =
    shapes[test];
  const isOfRows = test === 'rows' || test === 'declared';
  const inside = ['min', 'max', 'change'];
  const members = Object.entries(shape).filter(
    ([member]) => member !== 'columns' && !(test === 'compares' && member === 'is'),
  );
  const subject = isOfRows
    ? {
        type: 'object',
        properties: Object.fromEntries(
          members.filter(([m]) => inside.includes(m)).map(([m, { reader }]) => [m, schemaOf(reader)]),
        ),
        additionalProperties: false,
      }
    : {
        anyOf: [
          { type: 'string', minLength: 1 },
          { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
        ],
      };
  const beside = members.filter(([member]) => !isOfRows || !inside.includes(member));
  return {
    type: 'object',
    properties: {
      [test]: subject,
      ...Object.fromEntries(beside.map(([member, { reader }]) => [member, schemaOf(reader)])),
    },
    required: [test, ...beside.filter(([, field]) => field.required).map(([member]) => member)],
    additionalProperties: false,
  };
}

export const checks: Reader<readonly Check[]> = list(check);
