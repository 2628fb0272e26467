import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import { connect } from '../../engines/duckdb/connection.ts';
import type { Check, CheckComparison } from '../../model/model.ts';
import { checkText } from '../../model/quality.ts';
import type { PlannedTest } from '../../plan/plan.ts';
import { readPattern } from '../../types/pattern.ts';
import { mergeBatch } from '../merge/merge.ts';
import { openStaging, stageRows, wholeShape } from '../merge/staging.ts';
import { dataset, freshStore, once, openStream, steps } from '../testing/fixture.ts';
import { random } from '../testing/reference.ts';
import { resultsOf } from './results.ts';

/** Whole numbers, decimals of two digits as hundredths, texts, days and booleans; null is null. */
type Row = {
  readonly id: number;
  readonly whole: number | null;
  readonly other: number | null;
  readonly price: number | null;
  readonly name: string | null;
  readonly code: string | null;
  readonly day: string | null;
  readonly isOpen: boolean | null;
};

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

/** A check, and whether a row passes it, as simply as it can be said. */
type Judged = { readonly test: PlannedTest; readonly passes: (row: Row) => boolean };

const patterns = ['[A-Z]{2}-?\\d+', 'a|b.*', '.{1,3}', '(x|y)+z?', '[^a-z]*', '\\w+ \\w+', 'ä|€|\\.'];

function checksOf(rnd: () => number): readonly Judged[] {
  const below = (n: number) => Math.floor(rnd() * n);
  const pick = <T>(of: readonly [T, ...T[]]): T => of[below(of.length)] ?? of[0];
  const least = below(8) - 4;
  const most = below(8) - 2;
  const cheap = below(900) - 100;
  const [from, to] = [below(3), 1 + below(4)];
  const pattern = pick(['a', ...patterns]);
  const spelled = readPattern(pattern);
  if (spelled.kind === 'refused') throw new Error(spelled.reason);
  const names = ['', 'b', 'Ana', 'ä', 'x y'].filter(() => below(2) === 0);
  const days = ['2024-02-29', '1999-12-31'].slice(below(2));
  const is = pick<CheckComparison>(['<', '<=', '=', '<>', '>=', '>']);
  const compared = { '<': -1, '<=': -1, '=': 0, '<>': 0, '>=': 1, '>': 1 } as const;
  const inside = (value: number | null, min: number | null, max: number | null) =>
    value === null || ((min === null || value >= min) && (max === null || value <= max));
  return [
    { test: { kind: 'present', column: 'name' }, passes: ({ name }) => name !== null },
    { test: { kind: 'present', column: 'price' }, passes: ({ price }) => price !== null },
    {
      test: { kind: 'between', column: 'whole', min: least, max: most },
      passes: ({ whole }) => inside(whole, least, most),
    },
    {
      test: { kind: 'between', column: 'price', min: null, max: cheap / 100 },
      passes: ({ price }) => inside(price, null, cheap),
    },
    {
      test: { kind: 'between', column: 'day', min: '2000-01-01', max: null },
      passes: ({ day }) => day === null || day >= '2000-01-01',
    },
    {
      test: { kind: 'length', column: 'name', min: from, max: to },
      passes: ({ name }) => name === null || inside(Array.from(name).length, from, to),
    },
    {
      test: { kind: 'accepted', column: 'name', values: ['x', ...names] },
      passes: ({ name }) => name === null || name === 'x' || names.includes(name),
    },
    {
      test: { kind: 'accepted', column: 'day', values: days },
      passes: ({ day }) => day === null || days.includes(day),
    },
    {
      test: { kind: 'excluded', column: 'name', values: names, isNull: least < 0 },
      passes: ({ name }) => (name === null ? least >= 0 : !names.includes(name)),
    },
    {
      test: { kind: 'excluded', column: 'price', values: [0, '123.45'], isNull: false },
      passes: ({ price }) => price !== 0 && price !== 12345,
    },
    { test: { kind: 'accepted', column: 'is_open', values: [true] }, passes: ({ isOpen }) => isOpen !== false },
    {
      test: { kind: 'matches', column: 'code', pattern: spelled.spelled },
      passes: ({ code }) => code === null || new RegExp(`^(?:${spelled.spelled})$`, 'u').test(code),
    },
    {
      test: { kind: 'compares', column: 'whole', is, other: 'other' },
      passes({ whole, other }) {
        if (whole === null || other === null) return true;
        if (is === '<>') return whole !== other;
        return Math.sign(whole - other) === compared[is] || (is.endsWith('=') && whole === other);
      },
    },
    {
      test: { kind: 'declared' },
      passes: ({ code, other }) => code !== null && Array.from(code).length <= 4 && other !== null,
    },
  ];
}

function rowsOf(rnd: () => number, count: number): readonly Row[] {
  const below = (n: number) => Math.floor(rnd() * n);
  const pick = <T>(...of: readonly T[]): T | null => of[below(of.length + 1)] ?? null;
  return Array.from({ length: count }, (_, id) => ({
    id,
    whole: pick(-5, -1, 0, 1, 3, 7),
    other: pick(-1, 0, 3, 2 ** 31 - 1),
    price: pick(-1, 0, 1, 99, 12345, 999_999),
    name: pick('', 'b', 'Ana', 'ä', 'x y', '🤷🏽', 'line\nfeed', '"quoted", text'),
    code: pick('AB-12', 'ab', 'b\nc', 'xyz', 'xyxz', 'A B', 'ä', '€', '.', '1'),
    day: pick('2024-02-29', '1999-12-31', '2000-01-01'),
    isOpen: pick(true, false),
  }));
}

/** As a neutral row travels: csv, quoted where there is anything. */
function csv({ id, whole, other, price, name, code, day, isOpen }: Row, ordinal: number): string {
  const fields = [whole, other, price === null ? null : (price / 100).toFixed(2), name, code, day];
  const flag = isOpen === null ? null : isOpen ? 't' : 'f';
  const text = [...fields, flag].map((of) => (of === null ? '' : `"${String(of).replaceAll('"', '""')}"`));
  return `${[ordinal, id + 1, 1, '', `"${id}"`, ...text].join(',')}\n`;
}

async function failedBy(c: Connection, checks: readonly Judged[], rows: readonly Row[]) {
  const planned = checks.map(({ test: of }, i) => ({
    name: `${i} ${of.kind}`,
    test: of,
    otherwise: 'warn' as const,
    share: null,
    everyMs: null,
  }));
  const one = dataset(
    'items',
    ['id'],
    {
      id: 'int32',
      whole: 'int32?',
      other: 'int32',
      price: 'decimal(8,2)?',
      name: 'text?',
      code: 'varchar(4)',
      day: 'date?',
      is_open: 'boolean?',
    },
    { checks: planned, keepsDelta: false },
  );
  const held = await openStream(c, [one]);
  const staging = await openStaging(c, one, wholeShape(c, one.columns, 'csv'));
  await stageRows(c, staging, once(rows.map((row) => csv(row, 1)).join('')));
  const to = { ordinal: 1n, position: null, identity: null };
  await mergeBatch(c, [one], { held, to, steps: steps(0n, 1n), staged: [{ staging, hasUnchanged: false }] });
  const results = await resultsOf(c, [one.address]);
  return Object.fromEntries(results.map(({ check, failed }) => [check, failed]));
}

test(`any rows and checks: each engine finds what a plain judge finds (seed ${seed})`, async () => {
  const rnd = random(seed);
  for (let turn = 0; turn < 6; turn++) {
    const checks = checksOf(rnd);
    const rows = rowsOf(rnd, 200);
    const expected = Object.fromEntries(
      checks.map(({ test: of, passes }, i) => [`${i} ${of.kind}`, rows.filter((row) => !passes(row)).length]),
    );
    await using postgres = await freshStore('quality');
    await using duck = await freshDuck();
    expect({ turn, found: await failedBy(postgres, checks, rows) }).toEqual({ turn, found: expected });
    expect({ turn, found: await failedBy(duck, checks, rows) }).toEqual({ turn, found: expected });
  }
});

test('two checks of one text ask the same, and others are called otherwise', () => {
  const checks: readonly Check[] = [
    { test: 'present', columns: ['name'] },
    { test: 'present', columns: ['name'], share: 0.995 },
    { test: 'accepted', columns: ['name'], values: ['a', 1, true] },
    { test: 'excluded', columns: ['name'], values: ['a', null], above: 0.5 },
    { test: 'present', columns: ['name'], exceptions: 3 },
    { test: 'between', columns: ['total'], min: 0 },
    { test: 'rows', min: 1, max: 5, change: '20%' },
    { test: 'compares', columns: ['a', 'b'], is: '<=' },
    { test: 'refers', columns: ['a', 'b'], to: 'others' },
    { test: 'matches', columns: ['a'], pattern: '[a-z]+' },
    { test: 'fresh', columns: ['at'], within: '1h' },
    { test: 'declared' },
  ];
  expect(checks.map(checkText)).toEqual([
    'present(name)',
    'present(name, 99.5%)',
    "accepted(name, 'a', 1, true)",
    "excluded(name, 'a', null, above 50%)",
    'present(name, but 3)',
    'between(total, 0..)',
    'rows(1..5, change 20%)',
    'compares(a <= b)',
    'refers(a, b -> others)',
    'matches(a, /[a-z]+/)',
    'fresh(at, 1h)',
    'declared()',
  ]);
});

async function freshDuck(): Promise<Connection> {
  const room = await mkdtemp(join(tmpdir(), 'freehold-quality-'));
  onTestFinished(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));
  const file = join(room, 'store.duckdb');
  return connect({ engine: 'duckdb', label: 'duckdb store', fields: { file, memory_limit: '500MB', threads: 2 } });
}
