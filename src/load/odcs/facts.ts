import type { Json } from '../../base/digest.ts';
import type { Check, Column, Dataset, Datastore } from '../../model/model.ts';
import type { JsonObject } from './merge-patch.ts';
import { typeMembers } from './type-out.ts';
import type { Version } from './version.ts';

/**
 * What the model says, in the words of the standard. Attributes that it has no word for are custom properties,
 * `freehold.<attribute>`, which reading takes back.
 */
export function columnFacts(
  name: string,
  column: Column,
  key: readonly string[],
  version: Version,
  rules: readonly JsonObject[],
): JsonObject {
  const { type, nullable, doc, from, level, tags, contract: _, ...rest } = column;
  const position = key.indexOf(name);
  return {
    name,
    ...said('physicalName', from),
    ...typeMembers(type, version),
    ...said('description', doc),
    ...(nullable === true ? {} : { required: true }),
    ...(position < 0 ? {} : { primaryKey: true, primaryKeyPosition: position + 1 }),
    ...said('classification', level),
    ...said('tags', tags),
    ...quality(rules),
    ...customProperties(rest),
  };
}

/** A dataset, less its columns, with rules of the standard, and with checks that it has no words for. */
export function objectFacts(
  name: string,
  dataset: Dataset,
  rules: readonly JsonObject[],
  checks: readonly Check[],
): JsonObject {
  const { doc, from, key: _key, tags, quality: _quality, columns: _columns, contract: _contract, ...rest } = dataset;
  return {
    name,
    ...said('physicalName', from),
    logicalType: 'object',
    physicalType: 'table',
    ...said('description', doc),
    ...said('tags', tags),
    ...quality(rules),
    ...customProperties({ ...rest, ...(checks.length === 0 ? {} : { quality: checks }) }),
  };
}

/** What a contract says before its schema: of a datastore, or of one dataset of it that has a contract of its own. */
export function documentFacts(
  datastore: Pick<Datastore, 'address' | 'doc' | 'production' | 'version' | 'promises' | 'deprecated' | 'tags'>,
  dataset: string | null,
  version: Version,
): JsonObject {
  const { address, doc, production, deprecated, promises, tags } = datastore;
  const [zone = '', team = '', name = ''] = address.split('/');
  const levels = [
    ...(promises?.freshness === undefined ? [] : [freshnessLevel(promises.freshness)]),
    ...(deprecated === undefined ? [] : [{ property: 'endOfLife', value: deprecated.removal }]),
  ];
  return {
    apiVersion: apiVersionFor[version],
    kind: 'DataContract',
    id: dataset === null ? address : `${address}.${dataset}`,
    name: dataset ?? name,
    version: datastore.version ?? noVersion,
    status: deprecated !== undefined ? 'deprecated' : production === true ? 'active' : 'draft',
    domain: zone,
    // Before 3.1 a team is a list of people.
    ...(version === '3.0' ? {} : { team: { name: team } }),
    ...(doc === undefined || dataset !== null ? {} : { description: { purpose: doc } }),
    ...(dataset === null ? said('tags', tags) : {}),
    ...(levels.length === 0 ? {} : { slaProperties: levels }),
  };
}

/** The standard demands a version; this one says that there is none. */
export const noVersion = '0.0.0';

const apiVersionFor = { '3.0': 'v3.0.2', '3.1': 'v3.1.0', '3.2': 'v3.2.0' } as const;

/** A duration as the standard writes it: a number and its unit. */
function freshnessLevel(duration: string): JsonObject {
  const [, value = '', unit = ''] = /^([\d.]+)([a-z]+)$/.exec(duration) ?? [];
  return { property: 'latency', value: Number(value), unit: unit === 'm' ? 'min' : unit };
}

function customProperties(attributes: Readonly<Record<string, Json | undefined>>): JsonObject {
  const all = Object.entries(attributes).flatMap(([attribute, value]) =>
    value === undefined ? [] : [{ property: `${customPrefix}${attribute}`, value }],
  );
  all.sort((a, b) => (a.property < b.property ? -1 : 1));
  return all.length === 0 ? {} : { customProperties: all };
}

export const customPrefix = 'freehold.';

function quality(rules: readonly JsonObject[]): JsonObject {
  return rules.length === 0 ? {} : { quality: rules };
}

function said(member: string, value: Json | undefined): JsonObject {
  return value === undefined ? {} : { [member]: value };
}
