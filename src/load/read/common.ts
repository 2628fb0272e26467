import { namePattern, parseObjectAddress } from '../../model/address.ts';
import { parseDay, parseDurationMs } from '../../model/duration.ts';
import type { Container, Deprecation, SecretName, Tombstone } from '../../model/model.ts';
import type { Owner } from '../../model/owner.ts';
import { deepestType, parseType, typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
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

export const plainName = {
  test: (name: string) => namePattern.test(name),
  what: 'a-z, 0-9 and _, with a letter first',
};

export const name: Reader<string> = textWhere(plainName.test, `a name of ${plainName.what}`);

export const duration: Reader<string> = textWhere(
  (t) => parseDurationMs(t) !== null,
  "a duration such as '10s', '5m' or '7y'",
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

/** A day, without a zone: it begins and ends in UTC. */
export const day: Reader<string> = textWhere((t) => parseDay(t) !== null, "a day such as '2026-12-31'");

export const digest: Reader<string> = textWhere((t) => /^[0-9a-f]{64}$/.test(t), 'a digest: 64 hexadecimal digits');

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

export const owner: Reader<Owner> = (raw, at) => {
  if (isRecord(raw) && raw.kind === 'repository') return repository(raw, at);
  if (isRecord(raw) && raw.kind === 'approvers') return approvers(raw, at);
  return invalid(raw, at, 'made by github(...) or approvers([...])');
};

export const secretName: Reader<SecretName> = object({ secret: required(filledText) });

const field: Reader<string | number | boolean | SecretName> = (raw, at) => {
  if (typeof raw === 'string' || typeof raw === 'boolean') return raw;
  if (typeof raw === 'number' && Number.isFinite(raw)) return raw;
  return isRecord(raw) ? secretName(raw, at) : invalid(raw, at, 'text, a number, true or false, or secret(...)');
};

const teamAddress: Reader<string> = textWhere(
  (t) => t.split('/').length === 2 && t.split('/').every((part) => namePattern.test(part)),
  "a team such as 'retail/sales'",
);

export const signers = list(
  object({
    key: required(
      textWhere((t) => /^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+$/.test(t), "a public key, 'ssh-ed25519 AAAA...'"),
    ),
    from: optional(day),
    until: optional(day),
    revoked: optional(day),
  }),
);

export const container: Reader<Container> = madeBy(
  'container',
  'postgres({...}) or duckdb({...})',
  object({
    engine: required(filledText),
    at: optional(filledText),
    grade: optional(oneOf('production', 'test')),
    encrypted: optional(boolean),
    teams: optional(list(teamAddress)),
    fields: required(record(field)),
  }),
);

export const deprecation: Reader<Deprecation> = object({
  removal: required(day),
  reason: optional(filledText),
  use: optional(filledText),
});

/** What is gone, and since when. */
export const tombstones: Reader<readonly Tombstone[]> = list(object({ name: required(name), removed: required(day) }));

/** A constant. */
export const scalar: Reader<string | number | boolean> = (raw, at) =>
  typeof raw === 'string' || typeof raw === 'boolean' || (typeof raw === 'number' && Number.isFinite(raw))
    ? raw
    : invalid(raw, at, 'text, a number, true or false');

/** A column type as the language's words make it; its bounds are those of its text form. */
export const columnType: Reader<Type> = (raw, at) => {
  const spelled = isRecord(raw) ? spell(raw, deepestType) : null;
  return (
    (spelled === null ? null : parseType(spelled)) ??
    invalid(spelled ?? raw, at, 'a type such as varchar(40) or decimal(12, 2)')
  );
};

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
  return (raw, at) => {
    const read = reader(raw, at);
    return read?.length === 0 ? invalid(raw, at, `a list with at least one ${what}`) : read;
  };
}
