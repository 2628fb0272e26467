import { canonicalJson, type Json } from '../../base/digest.ts';
import { canonicalChecks } from '../../model/canonical.ts';
import type { Check } from '../../model/model.ts';
import { memberOf } from '../read/literals.ts';
import type { Literal } from '../sandbox/literal.ts';
import type { SchemaObject } from './contract.ts';
import { type Item, itemsIn } from './document.ts';
import { isObject, type JsonObject } from './merge-patch.ts';
import { type KeptRule, type MistakenRule, type Rule, shown } from './rule.ts';
import { type RulePlace, readRule } from './rule-in.ts';
import { typeOf } from './type-in.ts';

/** A rule where it stands, as messages call it: `nullValues of 'orders.total'`. */
type Placed = { readonly said: string; readonly literal: Literal | null };

/** The quality rules of an object of a contract: those that are checks, each once; the others; and those that are wrong. */
export type ReadRules = {
  readonly executed: readonly (Placed & { readonly check: Check })[];
  readonly kept: readonly (Placed & Pick<KeptRule, 'reason'>)[];
  readonly mistakes: readonly (Placed & MistakenRule)[];
};

/** `names`: of the object's properties, in the model. */
export function rulesIn(object: SchemaObject, item: Item, names: readonly string[]): ReadRules {
  const executed = new Map<string, ReadRules['executed'][number]>();
  const kept: ReadRules['kept'][number][] = [];
  const mistakes: ReadRules['mistakes'][number][] = [];
  const columns = (object.properties ?? []).map((property, index) => ({
    property: property.name,
    column: { name: names[index] ?? property.name, type: typeOf(property).type },
  }));
  const properties = new Map(columns.map(({ property, column }) => [property, column]));
  const take = (of: Item, name: string, place: RulePlace) => {
    for (const { json, literal } of itemsIn(of.json, of.literal, 'quality')) {
      const said = `${nameOf(json)} of '${name}'`;
      const read = readRule(json, place);
      if (read.kind === 'mistake') mistakes.push({ ...read, said, literal: memberOf(literal, read.member) ?? literal });
      else if (read.kind === 'kept') kept.push({ reason: read.reason, said, literal });
      else {
        // Two rules that ask the same are one check.
        const text = canonicalJson([...canonicalChecks([read.check])]);
        if (!executed.has(text)) executed.set(text, { check: read.check, said, literal });
      }
    }
  };
  take(item, object.name, { column: null, properties });
  for (const [index, part] of itemsIn(item.json, item.literal, 'properties').entries()) {
    const { property = '', column = null } = columns[index] ?? {};
    take(part, `${object.name}.${property}`, { column, properties });
    for (const inner of partsOf(part))
      for (const { json, literal } of itemsIn(inner.json, inner.literal, 'quality'))
        kept.push({
          reason: 'it is of a part of a value',
          said: `${nameOf(json)} in '${object.name}.${property}'`,
          literal,
        });
  }
  return { executed: [...executed.values()], kept, mistakes };
}

function nameOf(rule: Rule): string {
  const { name, metric, rule: former, type } = rule;
  if (typeof name === 'string' && name !== '') return shown(name);
  const said = [metric, former, type].find((one) => typeof one === 'string' && one !== '');
  return typeof said === 'string' ? said : 'a rule';
}

/** What is inside of a property: its own properties, its items, keys and values of a map, and what is inside of those. */
function partsOf({ json, literal }: Item): readonly Item[] {
  const one = (value: Json | undefined, at: Literal | null): readonly Item[] =>
    isObject(value) ? [{ json: value, literal: at }] : [];
  const map: JsonObject = isObject(json.map) ? json.map : {};
  const inside = [
    ...itemsIn(json, literal, 'properties'),
    ...one(json.items, memberOf(literal, 'items')),
    ...one(map.key, memberOf(literal, 'map', 'key')),
    ...one(map.value, memberOf(literal, 'map', 'value')),
  ];
  return inside.flatMap((part) => [part, ...partsOf(part)]);
}
