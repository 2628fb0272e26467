import { must } from '../base/must.ts';
import type { EngineFacts } from '../engine/facts.ts';
import { parseDurationMs } from '../model/duration.ts';
import type { Check, Dataset, Datastore } from '../model/model.ts';
import { checkText, everyMsOf, isRowCheck, otherwiseOf } from '../model/quality.ts';
import { parseShare } from '../model/share.ts';
import { readPattern } from '../types/pattern.ts';
import { msText } from './demand.ts';
import type { PlannedCheck, PlannedTest } from './plan.ts';
import { keptName, tableOf } from './tables.ts';

/** The checks of a dataset; rules of check have seen to it that each can be asked. */
export function checksOf(datastore: Datastore, dataset: Dataset, store: EngineFacts): readonly PlannedCheck[] {
  return (dataset.quality ?? []).map((check) => ({
    name: checkText(check),
    test: testOf(datastore, dataset, check, store),
    otherwise: otherwiseOf(check),
    share: check.share ?? null,
    ...(check.above === undefined ? {} : { above: check.above }),
    ...(check.exceptions === undefined ? {} : { exceptions: check.exceptions }),
    everyMs: isRowCheck(check) ? null : must(everyMsOf(check), 'cadence of a check'),
  }));
}

/** A sentence for each check, as `explain` and the difference of two plans say it. */
export function checkSays({ name, otherwise, everyMs }: PlannedCheck): string {
  const when = everyMs === null ? 'each row as it comes' : `current rows, at most every ${msText(everyMs)}`;
  return `checks ${name} of ${when}: otherwise ${words[otherwise]}`;
}

const words = {
  stop: 'the stream stops',
  divert: 'the row, and later changes of its key, wait in quarantine',
  warn: 'it is told',
};

function testOf(datastore: Datastore, dataset: Dataset, check: Check, store: EngineFacts): PlannedTest {
  const columns = (check.columns ?? []).map((column) => keptName(dataset, column));
  const [first, second] = columns;
  const column = () => must(first, 'column of a check');
  const { values = [], min = null, max = null, change } = check;
  const constants = values.filter((one) => one !== null);
  switch (check.test) {
    case 'declared':
      return { kind: 'declared' };
    case 'present':
      return { kind: 'present', column: column() };
    case 'accepted':
      return { kind: 'accepted', column: column(), values: constants };
    case 'excluded':
      return { kind: 'excluded', column: column(), values: constants, isNull: values.includes(null) };
    case 'between':
      return { kind: 'between', column: column(), min, max };
    case 'length':
      return { kind: 'length', column: column(), min: numberOrNull(min), max: numberOrNull(max) };
    case 'matches': {
      const pattern = readPattern(must(check.pattern, 'pattern of a check'));
      if (pattern.kind === 'refused') throw new Error(`bug: a pattern came this far: ${pattern.reason}`);
      return { kind: 'matches', column: column(), pattern: pattern.spelled };
    }
    case 'compares':
      return { kind: 'compares', column: column(), is: must(check.is, 'comparison'), other: must(second, 'column') };
    case 'unique':
      return { kind: 'unique', columns };
    case 'refers': {
      const to = tableOf(datastore, must(check.to, 'dataset of a check'), [], 'live', store);
      const { address, schema, current, key } = to;
      return { kind: 'refers', columns, to: { address, schema, current, key } };
    }
    case 'rows':
      return {
        kind: 'rows',
        min: numberOrNull(min),
        max: numberOrNull(max),
        change: change === undefined ? null : parseShare(change),
      };
    case 'fresh':
      return { kind: 'fresh', column: column(), withinMs: must(parseDurationMs(check.within ?? ''), 'duration') };
  }
}

function numberOrNull(of: string | number | null): number | null {
  return typeof of === 'number' ? of : null;
}
