import type { Policy, Predicate } from '../../model/model.ts';
import { atLeastOne, day, duration } from './common.ts';
import { filledText, invalid, isRecord, list, object, oneOf, optional, type Reader, required, text } from './reader.ts';

const names = required(atLeastOne(list(filledText), 'name'));

/** What each kind of predicate has. Nested ones are read by `predicate` again. */
const kinds: Readonly<Record<Predicate['kind'], Reader<Predicate>>> = {
  all: object({ kind: required(oneOf('all')), of: required(several) }),
  any: object({ kind: required(oneOf('any')), of: required(several) }),
  not: object({ kind: required(oneOf('not')), of: required(predicate) }),
  when: object({ kind: required(oneOf('when')), if: required(predicate), demand: required(predicate) }),
  classified: object({ kind: required(oneOf('classified')), as: required(filledText) }),
  within: object({ kind: required(oneOf('within')), regions: names }),
  vendors: object({ kind: required(oneOf('vendors')), vendors: names }),
  engines: object({ kind: required(oneOf('engines')), engines: names }),
  grade: object({ kind: required(oneOf('grade')), grade: required(oneOf('production', 'test')) }),
  encrypted: object({ kind: required(oneOf('encrypted')) }),
  readableBy: object({ kind: required(oneOf('readableBy')), parties: names }),
  retain: object({ kind: required(oneOf('retain')), min: optional(duration), max: optional(duration) }),
  named: object({
    kind: required(oneOf('named')),
    what: required(oneOf('datastore', 'dataset', 'column')),
    pattern: required(filledText),
  }),
  production: object({ kind: required(oneOf('production')) }),
  direct: object({ kind: required(oneOf('direct')) }),
};

function predicate(raw: unknown, at: Parameters<Reader<Predicate>>[1]): Predicate | undefined {
  const kind = isRecord(raw) ? raw.kind : undefined;
  const reader = typeof kind === 'string' && isKind(kind) ? kinds[kind] : undefined;
  return reader === undefined
    ? invalid(raw, at, `made by one of ${Object.keys(kinds).join('(...), ')}(...)`)
    : reader(raw, at);
}

function several(raw: unknown, at: Parameters<Reader<Predicate>>[1]): readonly Predicate[] | undefined {
  return atLeastOne(list(predicate), 'predicate')(raw, at);
}

function isKind(kind: string): kind is Predicate['kind'] {
  return Object.hasOwn(kinds, kind);
}

const described = object({ demands: required(predicate), from: optional(day), doc: optional(text) });

/** A predicate, or one with the day from which on it holds. */
export const policy: Reader<Policy> = (raw, at) => {
  if (isRecord(raw) && 'demands' in raw) return described(raw, at);
  const demands = predicate(raw, at);
  return demands === undefined ? undefined : { demands };
};
