import { type KeptRule, kept, type MistakenRule, mistake, type Rule, shown } from './rule.ts';

/** What a rule demands of what it counts. Null: nothing on that side. */
export type Demand = { readonly kind: 'demand'; readonly least: Bound | null; readonly most: Bound | null };

/** `isStrict`: the value itself is outside. Of rows never, since they are counted in whole numbers. */
type Bound = { readonly value: number; readonly isStrict: boolean };

export type Unit = 'rows' | 'percent';

/** The operators of the standard, each with what it demands of one number. */
const ofOne: Readonly<Record<string, (value: number) => Partial<Pick<Demand, 'least' | 'most'>>>> = {
  mustBe: (value) => ({ least: { value, isStrict: false }, most: { value, isStrict: false } }),
  mustBeGreaterThan: (value) => ({ least: { value, isStrict: true } }),
  mustBeGreaterOrEqualTo: (value) => ({ least: { value, isStrict: false } }),
  mustBeLessThan: (value) => ({ most: { value, isStrict: true } }),
  mustBeLessOrEqualTo: (value) => ({ most: { value, isStrict: false } }),
};

/** What leaves something out in the middle. */
const ofOthers = ['mustNotBe', 'mustBeBetween', 'mustNotBeBetween'];

export const operators: readonly string[] = [...Object.keys(ofOne), ...ofOthers];

/** All operators of a rule together; null where it has none. */
export function demandOf(rule: Rule, unit: Unit): Demand | KeptRule | MistakenRule | null {
  let demand: Demand = { kind: 'demand', least: null, most: null };
  let last: string | null = null;
  for (const operator of operators) {
    const said = rule[operator];
    if (said === undefined || said === null) continue;
    last = operator;
    const numbers = operator.endsWith('Between') ? pairOf(operator, said, unit) : numberOf(operator, said, unit);
    if ('kind' in numbers) return numbers;
    const [first = 0, second = 0] = numbers;
    if (operator === 'mustNotBeBetween') return kept('it leaves out a range in the middle');
    if (operator === 'mustNotBe' && first !== 0) return kept('it leaves out one number in the middle');
    // Between two numbers means that both are outside: the standard says that it is greater than one and less than the other.
    const bounds =
      operator === 'mustBeBetween'
        ? { least: { value: first, isStrict: true }, most: { value: second, isStrict: true } }
        : operator === 'mustNotBe'
          ? { least: { value: 0, isStrict: true } }
          : ofOne[operator]?.(first);
    demand = {
      kind: 'demand',
      least: tighter(demand.least, bounds?.least ?? null, (a, b) => a > b),
      most: tighter(demand.most, bounds?.most ?? null, (a, b) => a < b),
    };
  }
  if (last === null) return null;
  const whole = unit === 'rows' ? inWholeRows(demand) : demand;
  return canBeMet(whole)
    ? whole
    : mistake(last, 'demands what no number can meet', 'Correct its limits, so that a number lies within all of them.');
}

function numberOf(operator: string, said: unknown, unit: Unit): readonly number[] | MistakenRule {
  if (typeof said !== 'number') {
    const isQuoted = typeof said === 'string' && /^\d+(?:\.\d+)?$/.test(said);
    return mistake(
      operator,
      `says ${operator}: ${shown(said)}, which is no number, so nothing can be compared with it`,
      `Write a number of ${unit === 'percent' ? 'percent' : 'rows'}, without quotes:  ${operator}: ${isQuoted ? said : '0'}`,
    );
  }
  return outside(operator, said, unit) ?? [said];
}

function pairOf(operator: string, said: unknown, unit: Unit): readonly number[] | MistakenRule {
  const numbers = Array.isArray(said) ? said.filter((one) => typeof one === 'number') : [];
  const [first, second, more] = numbers;
  const isPair = Array.isArray(said) && said.length === 2 && more === undefined;
  if (!isPair || first === undefined || second === undefined || first >= second)
    return mistake(
      operator,
      `says ${operator}: ${shown(said)}, which are not two numbers of which the second is larger`,
      `Write two numbers, the smaller one first:  ${operator}: [0, 100]`,
    );
  return outside(operator, first, unit) ?? outside(operator, second, unit) ?? [first, second];
}

function outside(operator: string, value: number, unit: Unit): MistakenRule | null {
  const said = `says ${operator}: ${value}`;
  if (value < 0) return mistake(operator, `${said}, and nothing is counted below 0`, 'Write 0 or more.');
  if (unit === 'percent' && value > 100)
    return mistake(operator, `${said} percent, and there are no more than 100`, 'Write a percentage of 0 to 100.');
  return null;
}

function tighter(a: Bound | null, b: Bound | null, isTighter: (a: number, b: number) => boolean): Bound | null {
  if (a === null || b === null) return a ?? b;
  if (a.value === b.value) return a.isStrict ? a : b;
  return isTighter(a.value, b.value) ? a : b;
}

/** More than 4 is 5 or more. */
function inWholeRows({ least, most }: Demand): Demand {
  const whole = (value: number): Bound => ({ value, isStrict: false });
  return {
    kind: 'demand',
    least: least === null ? null : whole(least.isStrict ? Math.floor(least.value) + 1 : Math.ceil(least.value)),
    most: most === null ? null : whole(most.isStrict ? Math.ceil(most.value) - 1 : Math.floor(most.value)),
  };
}

function canBeMet({ least, most }: Demand): boolean {
  if (most !== null && (most.value < 0 || (most.value === 0 && most.isStrict))) return false;
  if (least === null || most === null) return true;
  return least.value < most.value || (least.value === most.value && !least.isStrict && !most.isStrict);
}
