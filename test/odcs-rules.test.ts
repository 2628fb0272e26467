import { expect, test } from 'vitest';
import { must } from '../src/base/must.ts';
import { postgresFacts } from '../src/engines/postgres/facts.ts';
import { resultsOf } from '../src/flow/quality/results.ts';
import { dataset, freshStore, mergeChanges, openStream, type Staged } from '../src/flow/testing/fixture.ts';
import { random } from '../src/flow/testing/reference.ts';
import type { Rule } from '../src/load/odcs/rule.ts';
import { readRule } from '../src/load/odcs/rule-in.ts';
import type { Check, Dataset } from '../src/model/model.ts';
import { checkText } from '../src/model/quality.ts';
import { checksOf } from '../src/plan/quality.ts';
import { parseType } from '../src/types/text.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

type Row = { readonly id: number; readonly name: string | null; readonly code: number | null };

const type = (text: string) => must(parseType(text), text);
const id = { name: 'id', type: type('int32') };
const name = { name: 'name', type: type('text') };
const code = { name: 'code', type: type('int32') };
const properties = new Map([id, name, code].map((column) => [column.name, column]));

test(`a rule of the standard that is executed says of any rows what the standard says (seed ${seed})`, async () => {
  const rnd = random(seed);
  const met = { passed: 0, warned: 0 };
  for (let turn = 0; turn < 5; turn++) {
    const rows = rowsOf(rnd);
    const asked = new Map<string, { readonly rule: Rule; readonly check: Check; readonly holds: boolean }>();
    for (let i = 0; i < 250; i++) {
      const { rule, at, count } = ruleOf(rnd);
      const read = readRule(rule, { column: at, properties });
      if (read.kind === 'executed')
        asked.set(checkText(read.check), { rule, check: read.check, holds: holds(rule, count(rows), rows.length) });
    }
    const checks = [...asked.values()];
    expect(checks.length).toBeGreaterThan(10);
    const found = await judged(
      checks.map(({ check }) => check),
      rows,
    );
    for (const { rule, check, holds: is } of checks) {
      const outcome = is ? 'passed' : 'warned';
      met[outcome]++;
      expect({ turn, rule, outcome: found.get(checkText(check)) }).toEqual({ turn, rule, outcome });
    }
  }
  // Rules that all hold, or none of which does, would prove little.
  expect(Math.min(met.passed, met.warned) / (met.passed + met.warned)).toBeGreaterThan(0.1);
});

/** The outcome of each check by name, once the rows are merged. */
async function judged(checks: readonly Check[], rows: readonly Row[]): Promise<ReadonlyMap<string, string>> {
  await using c = await freshStore('rules');
  const model: Dataset = {
    key: ['id'],
    quality: checks,
    columns: {
      id: { type: id.type },
      name: { type: name.type, nullable: true },
      code: { type: code.type, nullable: true },
    },
  };
  const datastore = {
    address: 'retail/sales/shop',
    changes: { mode: 'snapshot' },
    datasets: { items: model },
  } as const;
  const planned = checksOf(datastore, model, postgresFacts);
  const one = dataset('items', ['id'], { id: 'int32', name: 'text?', code: 'int32?' }, { checks: planned });
  const held = await openStream(c, [one]);
  const changes = rows.map((row): Staged => ({ ordinal: 1n, op: 'upsert', row: [row.id, row.name, row.code] }));
  await mergeChanges(c, one, held, changes, 1n);
  return new Map((await resultsOf(c, [one.address])).map(({ check, outcome }) => [check, outcome]));
}

type Drawn = {
  readonly rule: Rule;
  readonly at: typeof name | null;
  /** What the standard counts, as simply as it can be said. */
  readonly count: (rows: readonly Row[]) => number;
};

function ruleOf(rnd: () => number): Drawn {
  const below = (n: number) => Math.floor(rnd() * n);
  const isPercent = below(3) === 0;
  const numbers = isPercent ? [0, 2.5, 5, 12.5, 40, 50, 100] : [0, 1, 2, 3, 5, 10, 40, 41];
  const number = numbers[below(numbers.length)] ?? 0;
  const ranged = [number, number + 1 + below(9)];
  const limits: readonly Rule[] = [
    { mustBe: number },
    { mustNotBe: number },
    { mustBeLessThan: number },
    { mustBeLessOrEqualTo: number },
    { mustBeGreaterThan: number },
    { mustBeGreaterOrEqualTo: number },
    { mustBeBetween: ranged },
    { mustBeGreaterThan: number, mustBeLessOrEqualTo: ranged[1] },
  ];
  const limit = { ...limits[below(limits.length)], ...(isPercent ? { unit: 'percent' } : {}) };
  const missing = [null, '', 'n/a', 'Ana'].filter(() => below(2) === 0);
  const valid = ['Ana', 'Bo', ''].filter(() => below(2) === 0);
  const codes = [1, '2', 7].slice(below(3));
  const all: readonly Drawn[] = [
    {
      rule: { metric: 'nullValues', ...limit },
      at: name,
      count: (rows) => rows.filter((row) => row.name === null).length,
    },
    {
      rule: { metric: 'missingValues', arguments: { missingValues: missing }, ...limit },
      at: name,
      count: (rows) => rows.filter((row) => missing.includes(row.name)).length,
    },
    {
      rule: { metric: 'invalidValues', arguments: { validValues: valid }, ...limit },
      at: name,
      count: (rows) => rows.filter((row) => row.name !== null && !valid.includes(row.name)).length,
    },
    {
      rule: { metric: 'invalidValues', arguments: { validValues: codes }, ...limit },
      at: code,
      count: (rows) => rows.filter((row) => row.code !== null && !codes.map(Number).includes(row.code)).length,
    },
    {
      rule: { metric: 'invalidValues', arguments: { pattern: '^[A-Z][a-z]+$' }, ...limit },
      at: name,
      count: (rows) => rows.filter((row) => row.name !== null && !/^[A-Z][a-z]+$/.test(row.name)).length,
    },
    {
      rule: { metric: 'duplicateValues', ...limit },
      at: code,
      count: (rows) => alike(rows.flatMap((row) => (row.code === null ? [] : [String(row.code)]))),
    },
    {
      rule: { metric: 'duplicateValues', arguments: { properties: ['name', 'id'] }, ...limit },
      at: null,
      count: (rows) => alike(rows.flatMap((row) => (row.name === null ? [] : [`${row.name} ${row.id}`]))),
    },
    { rule: { metric: 'rowCount', ...limit }, at: null, count: (rows) => rows.length },
  ];
  return must(all[below(all.length)], 'a rule');
}

/** How many have another that is the same. */
function alike(values: readonly string[]): number {
  return values.filter((value) => values.indexOf(value) !== values.lastIndexOf(value)).length;
}

function holds(rule: Rule, count: number, rows: number): boolean {
  const measured = rule.unit === 'percent' ? (count * 100) / rows : count;
  const number = (said: unknown) => Number(said);
  const [from, to] = Array.isArray(rule.mustBeBetween) ? rule.mustBeBetween.map(number) : [];
  return (
    (rule.mustBe === undefined || measured === rule.mustBe) &&
    (rule.mustNotBe === undefined || measured !== rule.mustNotBe) &&
    (rule.mustBeLessThan === undefined || measured < number(rule.mustBeLessThan)) &&
    (rule.mustBeLessOrEqualTo === undefined || measured <= number(rule.mustBeLessOrEqualTo)) &&
    (rule.mustBeGreaterThan === undefined || measured > number(rule.mustBeGreaterThan)) &&
    (rule.mustBeGreaterOrEqualTo === undefined || measured >= number(rule.mustBeGreaterOrEqualTo)) &&
    (from === undefined || to === undefined || (measured > from && measured < to))
  );
}

/** Forty rows, of which a percent of 2.5 is one: sometimes few that are bad, sometimes many. */
function rowsOf(rnd: () => number): readonly Row[] {
  const below = (n: number) => Math.floor(rnd() * n);
  const bad = below(4);
  return Array.from({ length: 40 }, (_, at) => {
    const isBad = below(8) < bad;
    return {
      id: at,
      name: isBad ? ([null, '', 'n/a', 'x'][below(4)] ?? null) : (['Ana', 'Bo'][below(2)] ?? null),
      code: isBad ? ([null, 3, 9][below(3)] ?? null) : bad < 2 ? at + 100 : ([1, 2, 7][below(3)] ?? null),
    };
  });
}
