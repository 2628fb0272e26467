import { didYouMean, nearName } from '../../findings/near-name.ts';
import { parseDurationMs } from '../../model/duration.ts';
import type { Check, Otherwise } from '../../model/model.ts';
import { checkText, isOfRow, isRowCheck, kindsOf } from '../../model/quality.ts';
import { typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import { isRecord } from '../read/reader.ts';
import { constantsIn } from './constants.ts';
import { type Demand, demandOf, operators, type Unit } from './demand.ts';
import { customPrefix } from './facts.ts';
import { wholePattern } from './pattern.ts';
import { type KeptRule, kept, type MistakenRule, mistake, type Rule, shown } from './rule.ts';

/** A column by its name in the model. */
export type RuleColumn = { readonly name: string; readonly type: Type };

/** Where a rule stands: at a property, or at an object (null), whose properties have these names in the contract. */
export type RulePlace = { readonly column: RuleColumn | null; readonly properties: ReadonlyMap<string, RuleColumn> };

type ExecutedRule = { readonly kind: 'executed'; readonly check: Check };

/**
 * A quality rule of the standard (bitol-io.github.io/open-data-contract-standard, Data Quality) as a check that means
 * exactly the same, or why there is none. A rule is executed whole or not at all: a word that is not known keeps it.
 *
 * The standard has no word for what becomes of what fails, so it is told (`warn`), unless the rule says otherwise by a
 * custom property, `freehold.otherwise`.
 */
export function readRule(rule: Rule, place: RulePlace): ExecutedRule | KeptRule | MistakenRule {
  const metric = metricOf(rule);
  if (typeof metric !== 'string') return metric;
  const outcome = outcomeOf(rule);
  if ('kind' in outcome) return outcome;
  const test = metric === 'rowCount' ? countOf(rule, place) : testOf(metric, rule, place, outcome.otherwise);
  if ('kind' in test) return test;
  const check = { ...test, ...outcome };
  return outcome.otherwise === 'divert' && !isRowCheck(check)
    ? mistake(
        'customProperties',
        `says ${customPrefix}otherwise: 'divert', and what it asks is of all rows together (${checkText(check)}), so there is no row that could be diverted when it fails`,
        isOfRow(check)
          ? `Write  ${customPrefix}otherwise: stop  or  warn;  or let no row fail (mustBe: 0, unit: rows): then it is asked of each.`
          : `Write  ${customPrefix}otherwise: stop  or  warn.`,
      )
    : { kind: 'executed', check };
}

/** A check without what becomes of what fails. */
type Test = Omit<Check, 'otherwise' | 'every'>;

const metrics = ['nullValues', 'missingValues', 'invalidValues', 'duplicateValues', 'rowCount'] as const;
type Metric = (typeof metrics)[number];

/** Names that version 3.0 has for the same, in its page and in its examples. */
const formerly: Readonly<Record<string, Metric>> = {
  nullCheck: 'nullValues',
  validValues: 'invalidValues',
  duplicateCount: 'duplicateValues',
};

/** Words for people, and for the tool that asks. */
const ofPeople = [
  ...['id', 'name', 'description', 'dimension', 'severity', 'businessImpact', 'method', 'tags'],
  ...['schedule', 'scheduler', 'authoritativeDefinitions', 'customProperties'],
];
const known: ReadonlySet<string> = new Set([
  ...ofPeople,
  ...operators,
  ...['type', 'metric', 'rule', 'unit', 'arguments'],
]);

function metricOf(rule: Rule): Metric | KeptRule {
  const { type = null, engine } = rule;
  if (type === 'text') return kept('it is a text for people');
  if (type === 'sql') return kept('its SQL is in the words of one server');
  if (type === 'custom') return kept(`it is for ${engine === undefined ? 'another engine' : shown(engine)}`);
  if (type !== null && type !== 'library') return kept(`the standard has no type ${shown(type)}`);
  const name = rule.metric ?? rule.rule ?? null;
  if (name === null) return kept('it names no metric');
  if (rule.metric != null && rule.rule != null && rule.metric !== rule.rule)
    return kept(`it names two metrics, ${shown(rule.metric)} and ${shown(rule.rule)}`);
  const found =
    metrics.find((one) => one === name) ??
    (typeof name === 'string' && Object.hasOwn(formerly, name) ? formerly[name] : undefined);
  if (found === undefined) {
    const near = typeof name === 'string' ? nearName(name, metrics) : null;
    return kept(`the standard has no metric ${shown(name)}${near === null ? '' : `, but '${near}'`}`);
  }
  const isList = name === 'validValues';
  const unknown = Object.keys(rule).find(
    (word) => rule[word] != null && !known.has(word) && !(isList && word === 'validValues'),
  );
  return unknown === undefined ? found : kept(`its word '${unknown}' is not known here`);
}

/** What becomes of what fails, and how often it is asked. */
function outcomeOf({ customProperties }: Rule): Pick<Check, 'otherwise' | 'every'> | MistakenRule {
  let otherwise: Otherwise = 'warn';
  let every: string | undefined;
  for (const one of Array.isArray(customProperties) ? customProperties : []) {
    if (!isRecord(one) || typeof one.property !== 'string' || !one.property.startsWith(customPrefix)) continue;
    const { property, value } = one;
    const wrong = (help: string) =>
      mistake('customProperties', `says ${property}: ${shown(value)}, which nothing here can do`, help);
    if (property === `${customPrefix}otherwise`) {
      if (value !== 'stop' && value !== 'divert' && value !== 'warn') return wrong('Write stop, divert or warn.');
      otherwise = value;
    } else if (property === `${customPrefix}every`) {
      if (typeof value !== 'string' || parseDurationMs(value) === null)
        return wrong('Write a length of time, such as 10m or 6h.');
      every = value;
    } else return wrong(`A quality rule can say ${customPrefix}otherwise and ${customPrefix}every.`);
  }
  return { otherwise, ...(every === undefined ? {} : { every }) };
}

function unitOf({ unit = null }: Rule, isOfTable: boolean): Unit | MistakenRule {
  if (unit === null || unit === 'rows') return 'rows';
  if (unit === 'percent' && !isOfTable) return 'percent';
  return isOfTable
    ? mistake(
        'unit',
        `counts the rows of a table in ${shown(unit)}, and they are a part of nothing`,
        'Leave the unit out, or write  unit: rows',
      )
    : mistake(
        'unit',
        `counts values in ${shown(unit)}, and of rows there is only a number and a percentage`,
        'Write  unit: rows  or  unit: percent',
      );
}

const asksNothing = kept('it asks nothing: any number meets it');

function countOf(rule: Rule, { column }: RulePlace): Test | KeptRule | MistakenRule {
  if (column !== null) return kept('rowCount is of an object, and this stands at a property');
  const unit = unitOf(rule, true);
  if (typeof unit !== 'string') return unit;
  const unknown = unknownArgument(rule, []);
  if (unknown !== null) return unknown;
  const demand = demandOf(rule, unit);
  if (demand === null) return kept('it has no limit');
  if (demand.kind !== 'demand') return demand;
  const min = demand.least === null || demand.least.value === 0 ? null : demand.least.value;
  const max = demand.most?.value ?? null;
  if (min === null && max === null) return asksNothing;
  return { test: 'rows', ...(min === null ? {} : { min }), ...(max === null ? {} : { max }) };
}

function testOf(
  metric: Exclude<Metric, 'rowCount'>,
  rule: Rule,
  place: RulePlace,
  otherwise: Otherwise | undefined,
): Test | KeptRule | MistakenRule {
  const unit = unitOf(rule, false);
  if (typeof unit !== 'string') return unit;
  const condition = metric === 'duplicateValues' ? uniqueOf(rule, place) : conditionOf(metric, rule, place);
  if ('kind' in condition) return condition;
  const demand = limitOf(rule, unit);
  if (demand.kind !== 'demand') return demand;
  const { least, most } = demand;
  if (least !== null && (least.value > 0 || least.isStrict)) return kept('it demands that some rows fail');
  if (most === null || (unit === 'percent' && most.value === 100 && !most.isStrict)) return asksNothing;
  const isNone = most.value === 0;
  if (condition.test === 'unique')
    return isNone ? condition : kept('it lets some be duplicates, and the standard does not say how they are counted');
  // What stops or waits never comes in, so each row is asked as it comes; what is only told of has to be looked for.
  if (isNone && otherwise !== 'warn') return condition;
  if (unit === 'rows') return { ...condition, exceptions: most.value };
  const share = Number((1 - most.value / 100).toFixed(12));
  if (Number(((1 - share) * 100).toFixed(10)) !== most.value) return kept('its percentage has more than ten digits');
  return { ...condition, ...(most.isStrict ? { above: share } : { share }) };
}

/** A list of valid values, as version 3.0 writes it, is without a limit: all must be of it. */
function limitOf(rule: Rule, unit: Unit): Demand | KeptRule | MistakenRule {
  const demand = demandOf(rule, unit);
  const isList = (rule.metric ?? rule.rule) === 'validValues';
  if (isList && demand !== null) return kept('the standard does not say whether it counts the valid or the others');
  if (isList) return { kind: 'demand', least: null, most: { value: 0, isStrict: false } };
  return demand ?? kept('it has no limit');
}

function uniqueOf(rule: Rule, { column, properties }: RulePlace): Test | KeptRule | MistakenRule {
  const unknown = unknownArgument(rule, column === null ? ['properties'] : []);
  if (unknown !== null) return unknown;
  const named = argumentsOf(rule).properties ?? null;
  if (column !== null) return fitting({ test: 'unique', columns: [column.name] }, column);
  const names = Array.isArray(named) ? named : [];
  if (names.length === 0)
    return mistake(
      'metric',
      'names no columns, so nobody knows which values must not be there twice',
      'Write it under a property, or name properties:  arguments: { properties: [tenant_id, order_id] }',
    );
  const columns: RuleColumn[] = [];
  for (const name of names) {
    const one = typeof name === 'string' ? properties.get(name) : undefined;
    if (one === undefined)
      return mistake(
        'arguments',
        `names property ${shown(name)}, which its object does not have`,
        `Name properties of the same object.${typeof name === 'string' ? didYouMean(name, properties.keys()) : ''}`,
      );
    columns.push(one);
  }
  const test: Test = { test: 'unique', columns: [...new Set(columns.map((one) => one.name))] };
  const unfit = columns.map((one) => fitting(test, one)).find((one) => 'kind' in one);
  return unfit ?? test;
}

function conditionOf(
  metric: 'nullValues' | 'missingValues' | 'invalidValues',
  rule: Rule,
  { column }: RulePlace,
): Test | KeptRule | MistakenRule {
  const isList = (rule.metric ?? rule.rule) === 'validValues';
  const allowed = { nullValues: [], missingValues: ['missingValues'], invalidValues: ['validValues', 'pattern'] };
  const unknown = unknownArgument(rule, isList ? [] : allowed[metric]);
  if (unknown !== null) return unknown;
  if (column === null)
    return mistake(
      rule.metric == null ? 'rule' : 'metric',
      'names no column, so nobody knows whose values it counts',
      'Write it under the property whose values it counts.',
    );
  const columns = [column.name];
  if (metric === 'nullValues') return { test: 'present', columns };
  const { missingValues = null, validValues = null, pattern = null } = isList ? rule : argumentsOf(rule);
  if (metric === 'missingValues') {
    if (missingValues === null) return kept('it does not say which values are missing ones');
    const read = constantsIn(missingValues, column.type);
    if ('kind' in read) return read;
    const { values, isNull } = read;
    if (values.length === 0) return isNull ? { test: 'present', columns } : asksNothing;
    return fitting({ test: 'excluded', columns, values: isNull ? [...values, null] : values }, column);
  }
  if (validValues !== null && pattern !== null)
    return kept('the standard does not say whether one of its list and its pattern is enough');
  if (validValues !== null) {
    const read = constantsIn(validValues, column.type);
    if ('kind' in read) return read;
    if (read.values.length === 0) return kept('it lists no value that the column can have');
    return fitting({ test: 'accepted', columns, values: read.values }, column);
  }
  if (pattern === null) return kept('it has neither a list of valid values nor a pattern');
  const read = wholePattern(pattern);
  return read.kind === 'kept' ? read : fitting({ test: 'matches', columns, pattern: read.pattern }, column);
}

function fitting(test: Test, { name, type }: RuleColumn): Test | KeptRule {
  return kindsOf[test.test]?.includes(type.kind) === false
    ? kept(`column '${name}' is ${typeText(type)}, of which it cannot be asked`)
    : test;
}

function argumentsOf({ arguments: given }: Rule): Readonly<Record<string, unknown>> {
  return isRecord(given) ? given : {};
}

function unknownArgument(rule: Rule, allowed: readonly string[]): KeptRule | MistakenRule | null {
  const { arguments: given = null } = rule;
  if (given !== null && !isRecord(given))
    return mistake('arguments', 'has arguments that are no object', 'Write  arguments: { name: value }');
  const all = argumentsOf(rule);
  const unknown = Object.keys(all).find((name) => all[name] != null && !allowed.includes(name));
  return unknown === undefined ? null : kept(`its argument '${unknown}' is not known here`);
}
