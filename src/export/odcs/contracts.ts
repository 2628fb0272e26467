import { byCodePoint, type Json } from '../../base/digest.ts';
import { columnFacts, customPrefix, documentFacts, objectFacts } from '../../load/odcs/facts.ts';
import { isObject, type JsonObject, patched } from '../../load/odcs/merge-patch.ts';
import { checksBeyond, saidChecks } from '../../load/odcs/rule-out.ts';
import { apiVersions, type Version, versionOf } from '../../load/odcs/version.ts';
import type { Check, Dataset, Datastore } from '../../model/model.ts';

/** One contract: of a datastore, or of one dataset; as a document of the Open Data Contract Standard. */
export type ExportedContract = { readonly address: string; readonly document: JsonObject };

/**
 * The contracts of a datastore: one of those datasets that have none of their own, and one of each other. What came from
 * a contract is given back in the words and the version that it had; all else is in the version that is asked for.
 */
export function contractsOf(datastore: Datastore, version: Version): readonly ExportedContract[] {
  const all = Object.entries(datastore.datasets);
  const own = all.filter(([, dataset]) => dataset.contract?.document !== undefined);
  const shared = all.filter(([, dataset]) => dataset.contract?.document === undefined);
  return [
    // A contract without objects is one too.
    ...(shared.length > 0 || own.length === 0 || datastore.contract !== undefined
      ? [{ address: datastore.address, document: documentOf(datastore, shared, version) }]
      : []),
    ...own.map(([name]) => contractOf(datastore, name, version)).filter((one) => one !== null),
  ];
}

/** The contract of one dataset alone; null where the datastore has none of this name. */
export function contractOf(datastore: Datastore, name: string, version: Version): ExportedContract | null {
  const dataset = Object.hasOwn(datastore.datasets, name) ? datastore.datasets[name] : undefined;
  if (dataset === undefined) return null;
  const address = `${datastore.address}.${name}`;
  const rest = dataset.contract?.document;
  if (rest === undefined) {
    const { contract: _, ...plain } = datastore;
    const asked = versionIn(datastore.contract, version);
    return { address, document: withSchema(documentFacts(plain, name, asked), [[name, dataset]], asked) };
  }
  const asked = versionIn(rest, version);
  const said = patched(documentFacts({ address: datastore.address }, name, asked), rest);
  return { address, document: withSchema(said, [[name, dataset]], asked) };
}

function documentOf(datastore: Datastore, datasets: readonly Named[], version: Version): JsonObject {
  const asked = versionIn(datastore.contract, version);
  const said = patched(documentFacts(datastore, null, asked), datastore.contract ?? {});
  // A contract may be about no data at all, and say so by having no schema.
  return datasets.length === 0 && datastore.contract !== undefined ? said : withSchema(said, datasets, asked);
}

type Named = readonly [name: string, dataset: Dataset];

function withSchema(document: JsonObject, datasets: readonly Named[], version: Version): JsonObject {
  const sorted = [...datasets].sort(([a], [b]) => byCodePoint(a, b));
  return { ...document, schema: sorted.map(([name, dataset]) => objectOf(name, dataset, version)) };
}

function objectOf(name: string, dataset: Dataset, version: Version): JsonObject {
  const { object = {} } = dataset.contract ?? {};
  const { object: rules, columns, others } = saidChecks(dataset, checksBeyond(dataset), version);
  const facts = patched(objectFacts(name, dataset, rules, others), object);
  const said = withCustom(withRules(facts, object, rules), object, others);
  const properties = Object.entries(dataset.columns).map(([own, column]) => {
    const { contract: kept = {} } = column;
    const added = columns.get(own) ?? [];
    return withRules(patched(columnFacts(own, column, dataset.key ?? [], version, added), kept), kept, added);
  });
  return properties.length === 0 ? said : { ...said, properties };
}

/** What a contract says of quality stands as it did, with the rules of checks that came after it behind. */
function withRules(said: JsonObject, kept: JsonObject, rules: readonly JsonObject[]): JsonObject {
  if (rules.length === 0) return said;
  return { ...said, quality: [...listIn(kept.quality), ...rules] };
}

/** The same for checks in our own words. */
function withCustom(said: JsonObject, { customProperties }: JsonObject, checks: readonly Check[]): JsonObject {
  if (checks.length === 0 || customProperties === undefined) return said;
  const property = `${customPrefix}quality`;
  const kept = listIn(customProperties);
  const isOurs = (one: Json) => isObject(one) && one.property === property;
  const before = kept.filter(isOurs).flatMap((one) => (isObject(one) ? listIn(one.value) : []));
  return {
    ...said,
    customProperties: [...kept.filter((one) => !isOurs(one)), { property, value: [...before, ...checks] }],
  };
}

function listIn(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** The version that a contract says; where it says none, the one that is asked for. */
function versionIn(rest: JsonObject | undefined, asked: Version): Version {
  const said = apiVersions.find((one) => one === rest?.apiVersion);
  return said === undefined ? asked : versionOf(said);
}
