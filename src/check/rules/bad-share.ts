import type { Check } from '../../model/model.ts';
import { type CheckEntry, checksOf } from '../checks.ts';
import type { Report, Rule } from '../rule.ts';

/** How many of the rows must pass is said once, and is more than nothing and at most all. */
export const badShare: Rule = {
  name: 'bad-share',
  judges: {
    *datastore(datastore) {
      for (const one of checksOf(datastore)) yield* reports(one);
    },
  },
};

function* reports({ check, at, said }: CheckEntry): Iterable<Report> {
  const { share, above, exceptions } = check;
  const words = saidOf(check);
  if (words.length > 1) {
    yield {
      message: `${said} says how many rows must pass in more than one way: ${words.join(', ')}.`,
      help: 'Say one of them.',
      at,
    };
    return;
  }
  if (share !== undefined && !(share > 0 && share <= 1))
    yield {
      message: `${said} says that a share of ${share} of the rows must pass, which is none between 0 and 1.`,
      help: `Write the share of the rows that must pass, above 0 and at most 1:  0.99${share > 1 && share <= 100 ? `;  for ${share}% write ${share / 100}` : ''}.`,
      at,
    };
  if (above !== undefined && !(above >= 0 && above < 1))
    yield {
      message: `${said} says that more than ${above} of the rows must pass, and no share of them is more than all or less than none.`,
      help: `Write a share of the rows, at least 0 and below 1:  0.99${above > 1 && above < 100 ? `;  for ${above}% write ${above / 100}` : ''}.`,
      at,
    };
  if (exceptions !== undefined && !(Number.isSafeInteger(exceptions) && exceptions >= 0))
    yield {
      message: `${said} lets ${exceptions} rows fail, which is no number of rows.`,
      help: 'Write a whole number, 0 or more; for a share of the rows that must pass  share: 0.99.',
      at,
    };
}

/** Which of the words are there. */
function saidOf({ share, above, exceptions }: Check): readonly string[] {
  return [
    ...(share === undefined ? [] : ['share']),
    ...(above === undefined ? [] : ['above']),
    ...(exceptions === undefined ? [] : ['exceptions']),
  ];
}
