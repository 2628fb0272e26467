import { kindsOf } from '../../model/quality.ts';
import { typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import { isValueOf } from '../../types/value.ts';
import { type KeptRule, kept, shown } from './rule.ts';

/** Values that a rule lists, and whether null is one of them. */
type Constants = { readonly values: readonly (string | number | boolean)[]; readonly isNull: boolean };

/** What a list of constants means for a column of a type. Those that its type can never have are left out, since no row has them. */
export function constantsIn(list: unknown, type: Type): Constants | KeptRule {
  if (!Array.isArray(list)) return kept('its values are no list');
  const values: (string | number | boolean)[] = [];
  let isNull = false;
  for (const one of list) {
    if (one === null) isNull = true;
    else if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean')
      return kept(`${shown(one)} is no value of a column`);
    else if (isValueOf(one, type)) values.push(one);
    else if (!isNever(one, type)) return kept(`${shown(one)} is no value of ${typeText(type)}`);
  }
  return { values, isNull };
}

/** Can no value of the type be this, however it is written? Texts may be longer than their column says. */
function isNever(value: string | number | boolean, { kind }: Type): boolean {
  if (typeof value !== 'string' || kindsOf.length?.includes(kind) === true || kind === 'enum') return false;
  return value.trim() === '' || (kind === 'int' && Number.isNaN(Number(value)));
}
