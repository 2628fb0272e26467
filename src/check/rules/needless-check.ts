import { parseDurationMs } from '../../model/duration.ts';
import type { Check } from '../../model/model.ts';
import { checkText, isRowCheck } from '../../model/quality.ts';
import { checksOf } from '../checks.ts';
import type { Rule } from '../rule.ts';

/** A check asks something, once, and says nothing without effect. */
export const needlessCheck: Rule = {
  name: 'needless-check',
  judges: {
    *datastore(datastore) {
      let dataset = '';
      const seen = new Set<string>();
      for (const { entry, check, at, said } of checksOf(datastore)) {
        if (entry.address !== dataset) seen.clear();
        dataset = entry.address;
        const text = checkText(check);
        const why = seen.has(text) ? 'it stands here twice' : whyNeedless(check);
        seen.add(text);
        if (why === null) continue;
        yield {
          message: `${said} asks nothing, or says what has no effect: ${why}.`,
          help: 'Say what must hold, once; or take it out.',
          at,
        };
      }
    },
  },
};

function whyNeedless(check: Check): string | null {
  const { test, min, max, change, every, within } = check;
  const isBounded = min !== undefined || max !== undefined || change !== undefined;
  if ((test === 'between' || test === 'length' || test === 'rows') && !isBounded) return 'it has no bound';
  if (typeof min === 'number' && typeof max === 'number' && min > max)
    return 'its least is above its most, so that all fails';
  if (every !== undefined && isRowCheck(check)) return "each row is judged as it comes, so 'every' is never asked";
  if (within !== undefined && parseDurationMs(within) === 0) return 'nothing is ever newer than now';
  return null;
}
