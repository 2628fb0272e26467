import { memberAddress } from '../../model/address.ts';
import { parseDurationMs } from '../../model/duration.ts';
import { isNullable, own } from '../../model/effective.ts';
import { type Matched, matched } from '../../model/identity.ts';
import type { Check, CheckComparison, Column, Reference } from '../../model/model.ts';
import { checkText, isOfRow, isRowCheck, otherwiseOf } from '../../model/quality.ts';
import { parseShare } from '../../model/share.ts';
import { breaking, columnsOf, type DatasetPair } from './columns.ts';
import type { Judgement } from './judgement.ts';
import { seesValues } from './readers.ts';

/**
 * Checks that a reader may rely upon and that hold less, or no more. What stops or diverts is relied upon, since nothing
 * else is ever merged; what only warns never was.
 */
export function checkJudgements(pair: DatasetPair): readonly Judgement[] {
  const columns = matched(columnsOf(pair.before.dataset), columnsOf(pair.after.dataset));
  const promised = (checks: readonly Check[] = []) => checks.filter((check) => otherwiseOf(check) !== 'warn');
  const now = promised(pair.after.dataset.quality);
  return promised(pair.before.dataset.quality).flatMap((check) => {
    const renamed = underNewNames(check, columns);
    // Of a column that is gone its removal speaks.
    if (renamed === null || isKept(renamed, now, pair.after.dataset.columns)) return [];
    const readers = breaking(
      pair,
      (one) => relies(one, check),
      (one) => relies(one, renamed) && !copes(one, check),
    );
    if (readers.length === 0) return [];
    const dataset = memberAddress(pair.datastore, pair.before.name);
    return [
      {
        rule: 'check-loosened',
        address: dataset,
        headAddress: memberAddress(pair.datastore, pair.after.name),
        dataset,
        columns: Object.keys(pair.before.dataset.columns),
        what: `check ${checkText(check)} of '${dataset}' is gone, asks less, or only warns.`,
        changes: ['check-loosened'],
        readers,
        severity: 'error',
        instead:
          "Keep it, or have its readers say that they cope: nulls: 'ok' for present(), enums: 'open' for accepted().",
      },
    ];
  });
}

/** Null: a column of it is no longer there. */
function underNewNames(check: Check, columns: readonly Matched<Column>[]): Check | null {
  if (check.columns === undefined) return check;
  const names = check.columns.map((name) => columns.find(({ before }) => before?.name === name)?.after?.name ?? null);
  const there = names.filter((name) => name !== null);
  return there.length === names.length ? { ...check, columns: there } : null;
}

function relies(reference: Reference, { columns }: Check): boolean {
  return columns === undefined || columns.some((column) => seesValues(reference, column));
}

function copes(reference: Reference, { test }: Check): boolean {
  return (test === 'present' && reference.nulls === 'ok') || (test === 'accepted' && reference.enums === 'open');
}

/** Does what is promised now promise as much? */
function isKept(before: Check, now: readonly Check[], columns: Readonly<Record<string, Column>>): boolean {
  const { test, columns: [first = ''] = [] } = before;
  const column = own(columns, first);
  if (test === 'present' && column !== undefined && !isNullable(column)) return true;
  return now.some((after) => (after.test === test || impliesPresent(before, after)) && isAsStrict(before, after));
}

/** What excludes null asks at least for something. */
function impliesPresent({ test }: Check, after: Check): boolean {
  return test === 'present' && after.test === 'excluded' && (after.values ?? []).includes(null);
}

function isAsStrict(before: Check, after: Check): boolean {
  if (isOfRow(before) && !passAsMany(before, after)) return false;
  const [was, is] = [before.columns ?? [], after.columns ?? []];
  // Columns that are unique are so with any others beside them.
  if (before.test === 'unique') return is.every((column) => was.includes(column));
  if (was.length !== is.length || was.some((column, i) => column !== is[i])) return false;
  if (!asksAsMuch(before, after)) return false;
  if (!isWithin(before.min, after.min, (a, b) => a <= b) || !isWithin(before.max, after.max, (a, b) => a >= b))
    return false;
  if (before.pattern !== after.pattern || before.to !== after.to) return false;
  if (before.is !== undefined && !impliedBy[before.is].includes(after.is ?? '')) return false;
  if (before.change !== undefined && (parseShare(after.change ?? '') ?? Infinity) > (parseShare(before.change) ?? 0))
    return false;
  return (
    before.within === undefined ||
    (parseDurationMs(after.within ?? '') ?? Infinity) <= (parseDurationMs(before.within) ?? 0)
  );
}

/** Must as many rows pass? Each row, as it comes, is more than any of the current ones. */
function passAsMany(before: Check, after: Check): boolean {
  if (isRowCheck(after)) return true;
  if (isRowCheck(before)) return false;
  // None may fail, whichever way it is said.
  if (after.exceptions === 0 || after.share === 1) return true;
  if (before.exceptions !== undefined || after.exceptions !== undefined)
    return (after.exceptions ?? Infinity) <= (before.exceptions ?? -1);
  const [was, is] = [before.share ?? before.above ?? 0, after.share ?? after.above ?? 0];
  return is > was || (is === was && (before.above === undefined || after.above !== undefined));
}

/** Of values that are accepted none more, of those that are excluded none less. */
function asksAsMuch({ test, values: was = [] }: Check, { values: is = [] }: Check): boolean {
  if (test === 'accepted') return is.every((value) => was.includes(value));
  return test !== 'excluded' || was.every((value) => is.includes(value));
}

/** What a comparison follows from. */
const impliedBy: Readonly<Record<CheckComparison, readonly string[]>> = {
  '<': ['<'],
  '<=': ['<=', '<', '='],
  '=': ['='],
  '<>': ['<>', '<', '>'],
  '>=': ['>=', '>', '='],
  '>': ['>'],
};

type Bound = string | number | undefined;

/** Dates and times of one form sort as their texts do. */
function isWithin(
  before: Bound,
  after: Bound,
  isInside: (before: string | number, after: string | number) => boolean,
): boolean {
  if (before === undefined) return true;
  if (after === undefined) return false;
  const [was, is] = [Number(before), Number(after)];
  return Number.isNaN(was) || Number.isNaN(is) ? isInside(String(before), String(after)) : isInside(was, is);
}
