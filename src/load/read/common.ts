import { namePattern, parseObjectAddress } from '../../model/address.ts';
import { parseDay, parseDurationMs } from '../../model/duration.ts';
import type { Container, Deprecation, SecretName, Tombstone } from '../../model/model.ts';
import type { Owner } from '../../model/owner.ts';
import { typeMeant } from '../../types/meant.ts';
import { deepestType, parseType, typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import { refuse } from './at.ts';
import { literalWith, memberOf } from './literals.ts';
import {
  boolean,
  filledText,
  id,
  invalid,
  isRecord,
  list,
  madeBy,
  object,
  oneOf,
  optional,
  type Reader,
  record,
  required,
  textWhere,
} from './reader.ts';
import { described, schemaOf } from './schema.ts';
import { only, onlyMember, spelled } from './spelled.ts';

export const plainName = {
  test: (name: string) => namePattern.test(name),
  pattern: namePattern,
  what: 'a-z, 0-9 and _, with a letter first',
};

export const name: Reader<string> = textWhere(plainName.test, `a name of ${plainName.what}`, {
  pattern: namePattern.source,
});

export const duration: Reader<string> = textWhere(
  (t) => parseDurationMs(t) !== null,
  "a duration such as '10s', '5m' or '7y'",
  { pattern: '^[0-9.]+(ms|s|m|h|d|w|y)$' },
);

export const objectAddress: Reader<string> = textWhere(
  (t) => parseObjectAddress(t) !== null,
  "an address such as 'retail/sales/orders'",
);

/** Its form only: whether anything stands there is asked by check. */
export const memberText: Reader<string> = textWhere(
  (t) => t.includes('.') && parseObjectAddress(t.slice(0, t.indexOf('.'))) !== null,
  "an address such as 'retail/sales/orders.customers'",
);

/** Who reads: a group or a transformer. Its form only, as well. */
export const readerText: Reader<string> = textWhere(
  (t) => parseObjectAddress(t.split('.')[0] ?? '') !== null,
  "a group such as 'retail/insight/reporting.dashboard' or a transformer such as 'retail/insight/clean'",
);

/** A day, without a zone: it begins and ends in UTC. */
export const day: Reader<string> = textWhere((t) => parseDay(t) !== null, "a day such as '2026-12-31'", {
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
});

export const digest: Reader<string> = textWhere((t) => /^[0-9a-f]{64}$/.test(t), 'a digest: 64 hexadecimal digits', {
  pattern: '^[0-9a-f]{64}$',
});

/** A zone or a team. */
export const partyAddress: Reader<string> = textWhere(
  (t) => t.split('/').length <= 2 && t.split('/').every((part) => namePattern.test(part)),
  "a zone such as 'retail' or a team such as 'retail/insight'",
);

export const priority = oneOf('low', 'normal', 'high', 'critical');
export const purpose = oneOf('lookup', 'reports', 'analytics');

const repository = object({
  kind: required(oneOf('repository')),
  host: required(filledText),
  name: required(filledText),
  id: required(id),
});
const approvers = object({
  kind: required(oneOf('approvers')),
  host: required(filledText),
  users: required(atLeastOne(list(id), 'user')),
});

const host = 'github.com';

/** `{ github: { name, id } }`, `{ approvers: [11] }` or `{ approvers: { users: [11], host } }`. */
export const owner: Reader<Owner> = spelled(
  (raw, at) => {
    if (isRecord(raw) && raw.kind === 'repository') return repository(raw, at);
    if (isRecord(raw) && raw.kind === 'approvers') return approvers(raw, at);
    return invalid(raw, at, 'made by github(...) or approvers([...])');
  },
  {
    what: 'an owner: { github: { name, id } } or { approvers: [11] }',
    from: (raw, literal) => {
      const said = onlyMember(raw, (name) => name === 'github' || name === 'approvers');
      if (said === null) return null;
      const own = memberOf(literal, said.name);
      if (said.name === 'github')
        return isRecord(said.value) ? { raw: { host, ...said.value, kind: 'repository' }, literal: own } : null;
      return isRecord(said.value)
        ? { raw: { host, ...said.value, kind: 'approvers' }, literal: own }
        : {
            raw: { host, users: said.value, kind: 'approvers' },
            literal: literalWith(own?.offset ?? 0, { users: own }),
          };
    },
    schema: () => {
      const users = { type: 'array', minItems: 1, items: schemaOf(id) };
      const {
        host: place,
        name,
        id: number,
      } = { host: schemaOf(filledText), name: schemaOf(filledText), id: schemaOf(id) };
      return {
        anyOf: [
          only('github', {
            type: 'object',
            properties: { host: place, id: number, name },
            required: ['id', 'name'],
            additionalProperties: false,
          }),
          only('approvers', { anyOf: [users, only('users', users, { host: place })] }),
        ],
      };
    },
  },
);

export const secretName: Reader<SecretName> = object({ secret: required(filledText) });

const field: Reader<string | number | boolean | SecretName> = described<string | number | boolean | SecretName>(
  (raw, at) => {
    if (typeof raw === 'string' || typeof raw === 'boolean') return raw;
    if (typeof raw === 'number' && Number.isFinite(raw)) return raw;
    return isRecord(raw) ? secretName(raw, at) : invalid(raw, at, 'text, a number, true or false, or a secret');
  },
  () => ({ anyOf: [{ type: ['string', 'number', 'boolean'] }, schemaOf(secretName)] }),
);

const teamAddress: Reader<string> = textWhere(
  (t) => t.split('/').length === 2 && t.split('/').every((part) => namePattern.test(part)),
  "a team such as 'retail/sales'",
);

export const signers = list(
  object({
    key: required(
      textWhere(
        (t) => /^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+$/.test(t),
        "a public key without its comment, 'ssh-ed25519 AAAA...'",
      ),
    ),
    from: optional(day),
    until: optional(day),
    revoked: optional(day),
  }),
);

const kept = object({ keep: required(duration) });
const durability: Reader<'local' | 'standby' | { readonly keep: string }> = described<
  'local' | 'standby' | { readonly keep: string }
>(
  (raw, at) =>
    raw === 'local' || raw === 'standby'
      ? raw
      : isRecord(raw)
        ? kept(raw, at)
        : invalid(
            raw,
            at,
            "'local', 'standby' or a time that the sources keep what it has",
            "'standby'  or  keep('1h')",
          ),
  () => ({ anyOf: [{ enum: ['local', 'standby'] }, schemaOf(kept)] }),
);

/** What every container says, whatever its engine; in YAML it stands among the engine's own fields. */
const standing = {
  at: optional(filledText),
  grade: optional(oneOf('production', 'test')),
  encrypted: optional(boolean),
  durability: optional(durability),
  layout: optional(oneOf('split', 'history')),
  teams: optional(list(teamAddress)),
};

/** `{ postgres: { host, at, ... } }`. */
export const container: Reader<Container> = spelled(
  madeBy(
    'container',
    'postgres({...}), duckdb({...}) or mysql({...})',
    object({ engine: required(filledText), ...standing, fields: required(record(field)) }),
  ),
  {
    what: 'a container by its engine: { postgres: { ... } }',
    from: (raw, literal) => {
      const said = onlyMember(raw, () => true);
      if (said === null || !isRecord(said.value)) return null;
      const own = memberOf(literal, said.name);
      const members = Object.entries(said.value);
      const isStanding = ([name]: readonly [string, unknown]) => Object.hasOwn(standing, name);
      return {
        raw: {
          ...Object.fromEntries(members.filter(isStanding)),
          engine: said.name,
          fields: Object.fromEntries(members.filter((one) => !isStanding(one))),
        },
        literal: literalWith(own?.offset ?? 0, own?.members(), { fields: own, engine: own }),
      };
    },
    schema: () => ({
      type: 'object',
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: {
        type: 'object',
        properties: Object.fromEntries(Object.entries(standing).map(([name, { reader }]) => [name, schemaOf(reader)])),
        additionalProperties: schemaOf(field),
      },
    }),
  },
);

export const deprecation: Reader<Deprecation> = object({
  removal: required(day),
  reason: optional(filledText),
  use: optional(filledText),
});

/** What is gone, and since when. */
export const tombstones: Reader<readonly Tombstone[]> = list(object({ name: required(name), removed: required(day) }));

/** A constant. */
export const scalar: Reader<string | number | boolean> = described<string | number | boolean>(
  (raw, at) =>
    typeof raw === 'string' || typeof raw === 'boolean' || (typeof raw === 'number' && Number.isFinite(raw))
      ? raw
      : invalid(raw, at, 'text, a number, true or false'),
  () => ({ type: ['string', 'number', 'boolean'] }),
);

/** A column type as the language's words make it, or its text form, whose bounds hold for both. */
export const columnType: Reader<Type> = described<Type>(
  (raw, at) => {
    const told = at.reading.isYaml && typeof raw === 'string' ? raw : isRecord(raw) ? spell(raw, deepestType) : null;
    const type = told === null ? null : parseType(told);
    if (type !== null) return type;
    const meant = at.reading.isYaml && told !== null ? typeMeant(told) : null;
    const what = 'a type such as varchar(40) or decimal(12, 2)';
    return invalid(
      told ?? raw,
      at,
      what,
      meant === null ? what : `${meant}, or another type such as varchar(40) or decimal(12, 2)`,
    );
  },
  () => ({ type: 'string', description: 'a type such as varchar(40); varchar(40)? may be null' }),
);

function spell(raw: Readonly<Record<string, unknown>>, depth: number): string | null {
  const number = (name: string) => String(raw[name]);
  switch (raw.kind) {
    case 'int':
    case 'float':
      return `${raw.kind}${number('bits')}`;
    case 'decimal':
      return raw.precision === null ? 'decimal' : `decimal(${number('precision')},${number('scale')})`;
    case 'char':
    case 'varchar':
      return `${raw.kind}(${number('length')})`;
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return `${raw.kind}(${number('precision')})`;
    case 'enum': {
      const values: unknown = raw.values;
      return Array.isArray(values) && values.length > 0 && values.every((v) => typeof v === 'string')
        ? typeText({ kind: 'enum', values })
        : 'enum()';
    }
    case 'array':
      return `array(${inside(raw.of, depth)})`;
    case 'struct':
      return isRecord(raw.fields) ? `struct(${fieldsIn(raw.fields, depth)})` : 'struct()';
    case 'map':
      return `map(${inside(raw.key, depth)}, ${inside(raw.value, depth)})`;
    default:
      return typeof raw.kind === 'string' ? raw.kind : null;
  }
}

/** Nothing where a name is none, which could otherwise spell another type. */
function fieldsIn(fields: Readonly<Record<string, unknown>>, depth: number): string {
  const members = Object.entries(fields).filter(([field]) => field !== '@');
  if (!members.every(([field]) => namePattern.test(field))) return '';
  return members.map(([field, type]) => `${field} ${inside(type, depth)}`).join(', ');
}

/** A type within a type; nothing where there is none, or too many around it. */
function inside(raw: unknown, depth: number): string {
  return isRecord(raw) && depth > 0 ? (spell(raw, depth - 1) ?? '') : '';
}

export function atLeastOne<T>(reader: Reader<readonly T[]>, what: string): Reader<readonly T[]> {
  return described<readonly T[]>(
    (raw, at) => {
      const read = reader(raw, at);
      if (read?.length !== 0) return read;
      const name = at.path.length === 0 ? 'it' : `'${at.path.join('.')}'`;
      return refuse(at, 'invalid-value', `${name} must have at least one ${what}, and is empty.`, `Name a ${what}.`);
    },
    () => ({ ...schemaOf(reader), minItems: 1 }),
  );
}
