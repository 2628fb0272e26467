import { keyOf } from '../../model/effective.ts';
import { isRowCheck } from '../../model/quality.ts';
import { checksOf } from '../checks.ts';
import type { Rule } from '../rule.ts';

/** What is diverted is a row, and later changes of its key. */
export const unfitOtherwise: Rule = {
  name: 'unfit-otherwise',
  judges: {
    *datastore(datastore) {
      for (const { entry, check, at, said } of checksOf(datastore)) {
        if (check.otherwise !== 'divert') continue;
        if (!isRowCheck(check))
          yield {
            message: `${said} is of all rows together, so there is no row that could be diverted when it fails.`,
            help: "Say  otherwise: 'stop'  or  'warn';  or ask it of each row, without a share.",
            at,
          };
        else if (keyOf(entry.dataset).length === 0)
          yield {
            message: `${said} cannot divert: the dataset has no key, so nobody could tell which row waits, or what comes of it later.`,
            help: `Give the dataset a key, or say  otherwise: 'stop'  or  'warn'${(entry.dataset.contract ?? datastore.contract) === undefined ? '' : ', in a rule of the contract  freehold.otherwise: stop  or  warn'}.`,
            at,
          };
      }
    },
  },
};
