import type { Json } from '../../base/digest.ts';
import { canonicalDataset } from '../../model/canonical.ts';
import type { Column, Dataset } from '../../model/model.ts';
import { parsePhysicalName, physicalNameText } from '../../model/physical.ts';
import { literalWith, memberOf } from '../read/literals.ts';
import type { Literal } from '../sandbox/literal.ts';
import { modelNames } from '../schema/names.ts';
import type { CustomProperty, Property, SchemaObject } from './contract.ts';
import { type Item, itemsIn } from './document.ts';
import { columnFacts, customPrefix, objectFacts } from './facts.ts';
import { type JsonObject, mergePatch } from './merge-patch.ts';
import { saidChecks } from './rule-out.ts';
import { type ReadRules, rulesIn } from './rules.ts';
import { typeOf } from './type-in.ts';
import type { Version } from './version.ts';

/** Words of a contract for levels -> levels of the mesh. */
export type Levels = Readonly<Record<string, string>>;

/** An object of a contract's schema as the noun that `table` would give, with places in the contract. */
export function datasetNoun(
  object: SchemaObject,
  item: Item,
  name: string,
  levels: Levels,
): { readonly raw: unknown; readonly literal: Literal; readonly rules: ReadRules } {
  const properties = object.properties ?? [];
  const names = modelNames(properties.map((property) => property.name));
  const places = itemsIn(item.json, item.literal, 'properties');
  const key = properties
    .map((property, index) => ({ property, name: names[index] ?? property.name }))
    .filter(({ property }) => property.primaryKey === true)
    .sort((a, b) => positionOf(a.property) - positionOf(b.property));
  const columns = properties.map((property, index) => {
    const own = names[index] ?? property.name;
    return [own, columnNoun(property, own, levels), columnLiteral(places[index]?.literal ?? null)] as const;
  });
  const tags = object.tags ?? [];
  const rules = rulesIn(object, item, names);
  const written = customs(object.customProperties);
  const raw = {
    ...written,
    ...quality(written.quality, rules),
    freehold: 'dataset',
    ...said('doc', object.description),
    ...said('from', tableName(object, name)),
    ...(key.length === 0 ? {} : { key: key.map((one) => one.name) }),
    ...(tags.length === 0 ? {} : { tags }),
    columns: Object.fromEntries(columns.map(([own, column]) => [own, column])),
  };
  const at = item.literal;
  const literal = literalWith(at?.offset ?? 0, {
    doc: memberOf(at, 'description'),
    from: memberOf(at, 'physicalName') ?? memberOf(at, 'name'),
    key: memberOf(at, 'properties'),
    tags: memberOf(at, 'tags'),
    quality: qualityLiteral(written.quality, rules),
    columns: literalWith(at?.offset ?? 0, Object.fromEntries(columns.map(([own, , place]) => [own, place]))),
  });
  return { raw, literal, rules };
}

/** Checks that are written out, then those that rules are. */
function quality(written: unknown, { executed }: ReadRules): { readonly quality?: unknown } {
  if (executed.length === 0 || (written !== undefined && !Array.isArray(written))) return {};
  return { quality: [...(written ?? []), ...executed.map(({ check }) => check)] };
}

function qualityLiteral(written: unknown, { executed }: ReadRules): Literal | null {
  const first = executed[0]?.literal ?? null;
  const before = Array.isArray(written) ? written.length : 0;
  const places = executed.map(({ literal }, index) => [String(index + before), literal] as const);
  return first === null ? null : literalWith(first.offset, Object.fromEntries(places));
}

function positionOf({ primaryKeyPosition = -1 }: Property): number {
  return primaryKeyPosition < 1 ? Number.MAX_SAFE_INTEGER : primaryKeyPosition;
}

function columnNoun(property: Property, name: string, levels: Levels): unknown {
  const { classification, tags = [], description } = property;
  const from = property.physicalName ?? property.name;
  const level =
    classification !== undefined && Object.hasOwn(levels, classification) ? levels[classification] : classification;
  const column = {
    ...customs(property.customProperties),
    type: typeOf(property).type,
    // What tells rows apart is never null, whatever the contract leaves unsaid.
    ...(property.required === true || property.primaryKey === true ? {} : { nullable: true }),
    ...said('doc', description),
    ...(from === name || from === '' ? {} : { from }),
    ...said('level', level),
    ...(tags.length === 0 ? {} : { tags }),
  };
  return { freehold: 'column', column };
}

function columnLiteral(at: Literal | null): Literal | null {
  if (at === null) return null;
  return literalWith(at.offset, {
    type: memberOf(at, 'physicalType') ?? memberOf(at, 'logicalType'),
    nullable: memberOf(at, 'required'),
    doc: memberOf(at, 'description'),
    from: memberOf(at, 'physicalName') ?? memberOf(at, 'name'),
    level: memberOf(at, 'classification'),
    tags: memberOf(at, 'tags'),
  });
}

/** A name that is no `schema.table` is the name of a table, whatever dots it has. */
function tableName(object: SchemaObject, name: string): string | undefined {
  const physical = object.physicalName ?? object.name;
  if (physical === name || physical === '') return undefined;
  return parsePhysicalName(physical) === null ? physicalNameText({ schema: null, table: physical }) : physical;
}

/** Attributes that the standard has no word for, as export writes them; those that it has one for are said in its words. */
function customs(properties: readonly CustomProperty[] = []): Readonly<Record<string, unknown>> {
  const own = properties.flatMap(({ property, value }) => {
    const attribute = property.startsWith(customPrefix) ? property.slice(customPrefix.length) : '';
    return attribute === '' || inWords.has(attribute) ? [] : [[attribute, value] as const];
  });
  return Object.fromEntries(own);
}

const inWords = new Set([
  ...['type', 'nullable', 'doc', 'from', 'level', 'tags', 'key', 'columns', 'contract', 'freehold', '@'],
]);

function said(attribute: string, value: string | undefined): Readonly<Record<string, string>> {
  return value === undefined || value === '' ? {} : { [attribute]: value };
}

/** The dataset with what its contract says beyond the attributes: its object's and its properties' part. */
export function withRest(dataset: Dataset, item: Item, name: string, version: Version): Dataset {
  const facts = canonicalDataset(dataset);
  const key = facts.key ?? [];
  const places = itemsIn(item.json, item.literal, 'properties');
  const checks = saidChecks(facts, facts.quality ?? [], version);
  const columns = Object.entries(dataset.columns).map(([own, column], index) => {
    const said = columnFacts(own, facts.columns[own] ?? column, key, version, checks.columns.get(own) ?? []);
    return [own, withContract(column, mergePatch(said, places[index]?.json ?? {}))] as const;
  });
  const { properties, ...object } = item.json;
  const isEmpty = Array.isArray(properties) && properties.length === 0;
  const said = objectFacts(name, facts, checks.object, checks.others);
  const patch = { ...mergePatch(said, object), ...(isEmpty ? { properties } : {}) };
  return {
    ...dataset,
    ...(hasNothing(patch) ? {} : { contract: { object: patch } }),
    columns: Object.fromEntries(columns),
  };
}

function withContract(column: Column, patch: JsonObject): Column {
  return hasNothing(patch) ? column : { ...column, contract: patch };
}

function hasNothing(patch: Readonly<Record<string, Json | undefined>>): boolean {
  return Object.keys(patch).length === 0;
}
