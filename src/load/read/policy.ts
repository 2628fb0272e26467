import { nearName } from '../../findings/near-name.ts';
import type { Policy, Predicate } from '../../model/model.ts';
import { refuse } from './at.ts';
import { atLeastOne, day, duration } from './common.ts';
import { literalWith, memberOf } from './literals.ts';
import { filledText, invalid, isRecord, list, object, oneOf, optional, type Reader, required, text } from './reader.ts';
import { described, type Schema, schemaOf } from './schema.ts';
import { only, onlyMember, spelled } from './spelled.ts';

const names = required(atLeastOne(list(filledText), 'name'));

/** What each kind of predicate says beyond its kind. Nested ones are read by `predicate` again. */
const shapes = {
  all: { of: required(several()) },
  any: { of: required(several()) },
  not: { of: required(nested()) },
  when: { if: required(nested()), demand: required(nested()) },
  classified: { as: required(filledText) },
  within: { regions: names },
  vendors: { vendors: names },
  engines: { engines: names },
  grade: { grade: required(oneOf('production', 'test')) },
  encrypted: {},
  readableBy: { parties: names },
  retain: { min: optional(duration), max: optional(duration) },
  named: { what: required(oneOf('datastore', 'dataset', 'column')), pattern: required(filledText) },
  production: {},
  direct: {},
};

const kinds: Readonly<Record<Predicate['kind'], Reader<Predicate>>> = {
  all: object({ kind: required(oneOf('all')), ...shapes.all }),
  any: object({ kind: required(oneOf('any')), ...shapes.any }),
  not: object({ kind: required(oneOf('not')), ...shapes.not }),
  when: object({ kind: required(oneOf('when')), ...shapes.when }),
  classified: object({ kind: required(oneOf('classified')), ...shapes.classified }),
  within: object({ kind: required(oneOf('within')), ...shapes.within }),
  vendors: object({ kind: required(oneOf('vendors')), ...shapes.vendors }),
  engines: object({ kind: required(oneOf('engines')), ...shapes.engines }),
  grade: object({ kind: required(oneOf('grade')), ...shapes.grade }),
  encrypted: object({ kind: required(oneOf('encrypted')), ...shapes.encrypted }),
  readableBy: object({ kind: required(oneOf('readableBy')), ...shapes.readableBy }),
  retain: object({ kind: required(oneOf('retain')), ...shapes.retain }),
  named: object({ kind: required(oneOf('named')), ...shapes.named }),
  production: object({ kind: required(oneOf('production')), ...shapes.production }),
  direct: object({ kind: required(oneOf('direct')), ...shapes.direct }),
};

/** In YAML `{ within: ['*:eu'] }`: its kind, and what it says; all of it where it says one thing, `true` where nothing. */
const predicate: Reader<Predicate> = spelled(
  (raw, at) => {
    const kind = isRecord(raw) ? raw.kind : undefined;
    const reader = typeof kind === 'string' && isKind(kind) ? kinds[kind] : undefined;
    if (reader !== undefined) return reader(raw, at);
    const words = `one of  ${Object.keys(kinds).join('(...), ')}(...)`;
    return isRecord(raw) && 'demands' in raw
      ? refuse(
          at,
          'invalid-value',
          `'${at.path.join('.')}' says from a day on, within a policy, and a policy begins as a whole.`,
          "Put  from('2027-01-01', ...)  around the whole policy, or make two policies of it.",
        )
      : invalid(raw, at, `made by ${words}`, words);
  },
  {
    what: `a predicate, { ${Object.keys(kinds).join(': ... }, { ')}: ... }`,
    from: (raw, literal) => {
      const said = onlyMember(raw, isKind);
      if (said === null || !isKind(said.name)) return null;
      const kind = said.name;
      const own = memberOf(literal, kind);
      const [first, second] = Object.keys(shapes[kind]);
      if (first === undefined) return said.value === true ? { raw: { kind } } : null;
      if (second !== undefined) return isRecord(said.value) ? { raw: { ...said.value, kind }, literal: own } : null;
      return {
        raw: { kind, [first]: kind === 'readableBy' ? partiesIn(said.value) : said.value },
        literal: literalWith(own?.offset ?? 0, { [first]: own }),
      };
    },
    near: (raw) => {
      const [name, ...others] = isRecord(raw) ? Object.keys(raw) : [];
      if (name === undefined) return null;
      const all = [name, ...others];
      const unknown = all.find((one) => !isKind(one));
      if (unknown !== undefined) {
        const near = nearName(unknown, Object.keys(kinds));
        return near === null
          ? null
          : { lacks: `a predicate, and there is no word '${unknown}'`, write: `{ ${near}: ... }` };
      }
      if (others.length > 0)
        return {
          lacks: `a predicate, which says one thing, and says several: ${all.map((one) => `'${one}'`).join(', ')}`,
          write: `{ all: [${all.map((one) => `{ ${one}: ... }`).join(', ')}] }`,
        };
      const parts = isKind(name) ? Object.keys(shapes[name]) : [];
      if (parts.length === 0)
        return { lacks: `a predicate, and '${name}' in it must be true`, write: `{ ${name}: true }` };
      return {
        lacks: `a predicate, and '${name}' in it must name its parts`,
        write: `{ ${name}: { ${parts.map((part) => `${part}: ...`).join(', ')} } }`,
      };
    },
    schema: () => ({ $ref: '#/definitions/predicate' }),
  },
);

/** `{ zones: [...], teams: [...] }` as in `readableBy`, or one list of both. */
function partiesIn(said: unknown): unknown {
  if (!isRecord(said)) return said;
  const { zones = [], teams = [], ...others } = said;
  return Array.isArray(zones) && Array.isArray(teams) && Object.keys(others).length === 0 ? [...zones, ...teams] : said;
}

export function predicateSchema(): Schema {
  return {
    anyOf: Object.entries(shapes).map(([kind, shape]) => {
      const members = Object.entries(shape);
      const [first, second] = members;
      if (first === undefined) return only(kind, { const: true });
      if (second === undefined && kind !== 'readableBy') return only(kind, schemaOf(first[1].reader));
      if (kind === 'readableBy') {
        const parties = schemaOf(names.reader);
        return only(kind, {
          anyOf: [
            parties,
            { type: 'object', properties: { zones: parties, teams: parties }, additionalProperties: false },
          ],
        });
      }
      return only(kind, {
        type: 'object',
        properties: Object.fromEntries(members.map(([name, { reader }]) => [name, schemaOf(reader)])),
        required: members.filter((one) => one[1].required).map(([name]) => name),
        additionalProperties: false,
      });
    }),
  };
}

/** Read by what is defined further up, when it is read. */
function nested(): Reader<Predicate> {
  return described<Predicate>(
    (raw, at) => predicate(raw, at),
    () => schemaOf(predicate),
  );
}

function several(): Reader<readonly Predicate[]> {
  return atLeastOne(list(nested()), 'predicate');
}

function isKind(kind: string): kind is Predicate['kind'] {
  return Object.hasOwn(shapes, kind);
}

const dated = object({ demands: required(predicate), from: optional(day), doc: optional(text) });

/** A predicate, or one with the day from which on it holds. */
export const policy: Reader<Policy> = described<Policy>(
  (raw, at) => {
    if (isRecord(raw) && 'demands' in raw) return dated(raw, at);
    const demands = predicate(raw, at);
    return demands === undefined ? undefined : { demands };
  },
  () => ({ anyOf: [schemaOf(predicate), schemaOf(dated)] }),
);
