import { memberAddress } from '../../model/address.ts';
import type { Environment, Group, Mesh, Reference, ReplicaGroup, Workspace, Zone } from '../../model/model.ts';
import { placeKey } from '../../model/places.ts';
import { memberAt, refuse } from './at.ts';
import {
  atLeastOne,
  container,
  duration,
  memberText,
  name,
  objectAddress,
  owner,
  plainName,
  priority,
  purpose,
  signers,
} from './common.ts';
import { policy } from './policy.ts';
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
  text,
} from './reader.ts';
import { described, schemaOf } from './schema.ts';
import { spelled } from './spelled.ts';

const named = { isName: plainName };

const maskWord = oneOf('null', 'hash', 'tokenize');

/** In YAML `null` without quotes is nothing, and means the mask of that name here. */
const maskKind = spelled(maskWord, {
  what: "'null', 'hash' or 'tokenize'",
  from: (raw) => ({ raw: raw === null ? 'null' : raw }),
  schema: () => ({ enum: ['null', 'hash', 'tokenize', null] }),
});

export const readMesh: Reader<Mesh> = object({
  name: required(name),
  language: required(oneOf(1)),
  doc: optional(text),
  owner: required(owner),
  zones: required(record(owner, named)),
  environments: required(record(owner, named)),
  vendors: optional(record(list(filledText))),
  classification: optional(
    object({
      levels: required(atLeastOne(list(filledText), 'level')),
      labels: optional(record(object({ dischargedBy: optional(list(maskKind)) }))),
    }),
  ),
  regulators: optional(record(object({ minimumRetention: optional(duration), within: optional(filledText) }))),
  signers: optional(signers),
  recovery: optional(object({ signatures: required(id), waiting: required(duration) })),
});

export const readZone: Reader<Zone> = object({
  name: required(name),
  doc: optional(text),
  teams: required(
    record(
      object({
        owner: required(owner),
        doc: optional(text),
        contact: optional(record(text)),
        signers: optional(signers),
        may: optional(
          object({
            clearance: optional(filledText),
            labels: optional(list(filledText)),
            priority: optional(priority),
            readers: optional(list(filledText)),
          }),
        ),
      }),
      {
        ...named,
        enter: (at, team) => ({ subject: `team '${at.address}/${team}'`, address: `${at.address}/${team}` }),
      },
    ),
  ),
  policies: optional(record(policy)),
  notice: optional(duration),
  terms: optional(record(text)),
  signers: optional(signers),
});

const wholeReference = object({
  from: required(memberText),
  columns: optional(atLeastOne(list(filledText), 'column')),
  mask: optional(record(maskKind)),
  rows: optional(filledText),
  nulls: optional(oneOf('ok')),
  enums: optional(oneOf('open')),
});

/** In YAML, as in a word, its address alone says as much as `{ from }`. */
export const reference: Reader<Reference> = spelled(wholeReference, {
  what: 'an address, or a map with one as its from',
  from: (raw) => ({ raw: typeof raw === 'string' ? { from: raw } : raw }),
  schema: () => ({ anyOf: [schemaOf(memberText), schemaOf(wholeReference)] }),
});

/** References also stand under what they name, since sets are sorted later. */
const references: Reader<Group['read']> = described<Group['read']>(
  (raw, at) => {
    if (!Array.isArray(raw)) return invalid(raw, at, 'a list');
    const read = raw.map((one: unknown, index) => {
      const item = memberAt(at, String(index), one);
      const got = reference(one, item);
      if (got !== undefined && item.place !== null) {
        const key = placeKey(at.address, 'read', got.from);
        if (!at.reading.places.has(key)) at.reading.places.set(key, item.place);
      }
      return got;
    });
    const good = read.filter((one) => one !== undefined);
    if (raw.length === 0)
      return refuse(at, 'invalid-value', 'reads nothing.', "Add what it reads:  read: ['retail/sales/orders.*']");
    return good.length === read.length ? good : undefined;
  },
  () => ({ ...schemaOf(list(reference)), minItems: 1 }),
);

const group: Reader<Group> = madeBy(
  'group',
  'group({...})',
  object({
    doc: optional(text),
    latency: optional(duration),
    for: optional(purpose),
    history: optional(oneOf('none', 'full')),
    retention: optional(duration),
    regulator: optional(filledText),
    read: required(references),
  }),
);

export const readWorkspace: Reader<Workspace> = object({
  address: required(objectAddress),
  doc: optional(text),
  production: optional(boolean),
  clearance: optional(filledText),
  labels: optional(list(filledText)),
  priority: optional(priority),
  readers: optional(list(filledText)),
  acknowledges: optional(list(filledText)),
  groups: required(
    record(group, {
      ...named,
      enter: (at, member) => {
        const address = memberAddress(at.address, member);
        return { subject: `group '${address}'`, address };
      },
    }),
  ),
});

const replicaGroup: Reader<ReplicaGroup> = object({
  on: required(atLeastOne(list(container), 'container')),
  serves: required(atLeastOne(list(purpose), 'purpose')),
});

const route = object({ larger: optional(filledText), to: required(name) });

export const readEnvironment: Reader<Environment> = object({
  name: required(name),
  doc: optional(text),
  ledger: required(container),
  connections: required(record(container, named)),
  stores: required(record(container, named)),
  route: optional(list(route)),
  replicas: optional(record(replicaGroup, named)),
});

/** The name or address that an exported noun says it has, before the rest of it is read. */
export function nameIn(kind: string | null, raw: unknown): string | null {
  if (!isRecord(raw)) return null;
  // Statements are about an address and have a name of their own.
  const isStatement = ['consent', 'declassification', 'offer'].includes(kind ?? '');
  const said = isStatement ? raw.name : (raw.address ?? raw.name);
  return typeof said === 'string' ? said : null;
}
