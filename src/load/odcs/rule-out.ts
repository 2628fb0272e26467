import { canonicalJson } from '../../base/digest.ts';
import { canonicalChecks } from '../../model/canonical.ts';
import type { Check, Column, Dataset } from '../../model/model.ts';
import { checks } from '../read/quality.ts';
import { isRecord } from '../read/reader.ts';
import { customPrefix } from './facts.ts';
import type { JsonObject } from './merge-patch.ts';
import { type RuleColumn, type RulePlace, readRule } from './rule-in.ts';
import type { Version } from './version.ts';

/** Checks in the words of the standard: rules of the object, rules of columns by name, and those that it has no words for. */
type SaidChecks = {
  readonly object: readonly JsonObject[];
  readonly columns: ReadonlyMap<string, readonly JsonObject[]>;
  readonly others: readonly Check[];
};

/** These checks of a dataset; one has a rule where reading that rule gives exactly the same check. */
export function saidChecks(dataset: Dataset, all: readonly Check[], version: Version): SaidChecks {
  const object: JsonObject[] = [];
  const columns = new Map<string, JsonObject[]>();
  const others: Check[] = [];
  const properties = propertiesOf(dataset);
  const byName = new Map([...properties].map(([property, { name }]) => [name, property]));
  for (const check of all) {
    const [first, ...more] = check.columns ?? [];
    const column = first === undefined || more.length > 0 ? null : first;
    const rule = ruleOf(check, (name) => byName.get(name) ?? name, version);
    const place = { column: column === null ? null : (properties.get(byName.get(column) ?? '') ?? null), properties };
    const read = rule === null ? null : readRule(rule, place);
    if (rule === null || read?.kind !== 'executed' || textOf(read.check) !== textOf(check)) others.push(check);
    else if (column === null) object.push(rule);
    else columns.set(column, [...(columns.get(column) ?? []), rule]);
  }
  return { object, columns, others };
}

/** The checks of a dataset but those that what is kept of its contract says already. */
export function checksBeyond(dataset: Dataset): readonly Check[] {
  const properties = propertiesOf(dataset);
  const kept = [
    ...executedIn(dataset.contract?.object?.quality, { column: null, properties }),
    ...Object.entries(dataset.columns).flatMap(([name, { contract, type }]) =>
      executedIn(contract?.quality, { column: { name, type }, properties }),
    ),
    ...writtenOut(dataset.contract?.object?.customProperties),
  ];
  const said = new Map<string, number>();
  for (const check of kept) said.set(textOf(check), (said.get(textOf(check)) ?? 0) + 1);
  return (dataset.quality ?? []).filter((check) => {
    const left = said.get(textOf(check)) ?? 0;
    said.set(textOf(check), left - 1);
    return left <= 0;
  });
}

function executedIn(rules: unknown, place: RulePlace): readonly Check[] {
  return (Array.isArray(rules) ? rules : []).flatMap((rule: unknown) => {
    const read = isRecord(rule) ? readRule(rule, place) : null;
    return read?.kind === 'executed' ? [read.check] : [];
  });
}

/** Checks that a contract has in our own words, as a custom property. */
function writtenOut(customProperties: unknown): readonly Check[] {
  return (Array.isArray(customProperties) ? customProperties : []).flatMap((one: unknown) =>
    isRecord(one) && one.property === `${customPrefix}quality` ? (checks(one.value, nowhere()) ?? []) : [],
  );
}

/** They were read before, at their places. */
function nowhere() {
  const reading = { findings: [], isYaml: false, places: new Map(), marked: () => null };
  return { reading, subject: '', address: '', path: [], literal: null, placeAt: null, place: null };
}

/** Columns by the names of their properties in the contract. */
function propertiesOf({ columns }: Dataset): ReadonlyMap<string, RuleColumn> {
  return new Map(
    Object.entries(columns).map(([name, column]) => [propertyOf(name, column), { name, type: column.type }]),
  );
}

function propertyOf(name: string, { contract }: Column): string {
  return typeof contract?.name === 'string' ? contract.name : name;
}

function textOf(check: Check): string {
  return canonicalJson([...canonicalChecks([check])]);
}

/** The rule that would say it; null where the standard has no metric for what it tests. */
function ruleOf(check: Check, propertyNamed: (column: string) => string, version: Version): JsonObject | null {
  const said = metricOf(check, propertyNamed);
  if (said === null) return null;
  const { metric, given } = said;
  const limit = check.test === 'rows' ? rowLimit(check) : partLimit(check);
  const custom = [
    ...(check.every === undefined ? [] : [{ property: `${customPrefix}every`, value: check.every }]),
    ...(check.otherwise === 'warn' ? [] : [{ property: `${customPrefix}otherwise`, value: check.otherwise ?? 'stop' }]),
  ];
  return {
    type: 'library',
    // Before 3.1 the word was another.
    ...(version === '3.0' ? { rule: metric } : { metric }),
    ...(given === null ? {} : { arguments: given }),
    ...limit,
    ...(custom.length === 0 ? {} : { customProperties: custom }),
  };
}

function metricOf(
  { test, columns = [], values = [], pattern = '' }: Check,
  propertyNamed: (column: string) => string,
): { readonly metric: string; readonly given: JsonObject | null } | null {
  switch (test) {
    case 'present':
      return { metric: 'nullValues', given: null };
    case 'excluded':
      return { metric: 'missingValues', given: { missingValues: values } };
    case 'accepted':
      return { metric: 'invalidValues', given: { validValues: values } };
    case 'matches':
      return { metric: 'invalidValues', given: { pattern: `^${pattern}$` } };
    case 'unique':
      return {
        metric: 'duplicateValues',
        given: columns.length === 1 ? null : { properties: columns.map(propertyNamed) },
      };
    case 'rows':
      return { metric: 'rowCount', given: null };
    default:
      return null;
  }
}

/** One operator, since more are not allowed from 3.1 on. Between two numbers means that both are outside. */
function rowLimit({ min, max }: Check): JsonObject {
  const [least, most] = [Number(min ?? 0), Number(max ?? 0)];
  if (min === undefined) return { mustBeLessOrEqualTo: most };
  if (max === undefined) return { mustBeGreaterOrEqualTo: least };
  return least === most ? { mustBe: least } : { mustBeBetween: [least - 1, most + 1] };
}

function partLimit({ share, above, exceptions = 0 }: Check): JsonObject {
  const percent = (of: number) => Number(((1 - of) * 100).toFixed(10));
  if (above !== undefined) return { mustBeLessThan: percent(above), unit: 'percent' };
  if (share !== undefined) return { mustBeLessOrEqualTo: percent(share), unit: 'percent' };
  return exceptions === 0 ? { mustBe: 0 } : { mustBeLessOrEqualTo: exceptions };
}
