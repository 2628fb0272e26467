import { didYouMean } from '../../findings/near-name.ts';
import { isTogether, keyOf, own } from '../../model/effective.ts';
import { type CheckEntry, checksOf } from '../checks.ts';
import type { Report, Rule } from '../rule.ts';

/** A check asks columns of its dataset, as many as its test takes, and refers to the key of a dataset of the same stream. */
export const unknownCheckColumn: Rule = {
  name: 'unknown-check-column',
  judges: {
    *datastore(datastore) {
      for (const one of checksOf(datastore)) {
        yield* columns(one);
        if (one.check.test === 'refers') yield* reference(one);
      }
    },
  },
};

function* columns({ entry, check, at, said }: CheckEntry): Iterable<Report> {
  const named = check.columns ?? [];
  const known = Object.keys(entry.dataset.columns);
  for (const column of new Set(named))
    if (own(entry.dataset.columns, column) === undefined)
      yield {
        message: `${said} names column '${column}', which the dataset does not have, so nothing could be judged.`,
        help: `Name a column of the dataset, by the name it has here (not at the source).${didYouMean(column, known)}`,
        at,
      };
  const needed = check.test === 'compares' ? 2 : check.test === 'unique' || check.test === 'refers' ? null : 1;
  const takesColumns = check.test !== 'declared' && check.test !== 'rows';
  if (takesColumns && needed !== null && named.length !== needed)
    yield {
      message: `${said} names ${named.length} columns, and ${check.test} takes ${needed}.`,
      help: needed === 1 ? 'Write a check for each column.' : 'Name two columns, one on each side.',
      at,
    };
  if (new Set(named).size < named.length)
    yield { message: `${said} names a column twice.`, help: 'Name each column once.', at };
}

function* reference({ entry, check, at, said }: CheckEntry): Iterable<Report> {
  const { datastore } = entry;
  const to = check.to ?? '';
  const target = own(datastore.datasets, to);
  if (target === undefined) {
    yield {
      message: `${said} refers to dataset '${to}', which datastore '${datastore.address}' does not have.`,
      help: `Name a dataset of the same datastore.${didYouMean(to, Object.keys(datastore.datasets))}`,
      at,
    };
    return;
  }
  if (!isTogether(datastore)) {
    yield {
      message: `${said} refers to '${to}', which moves as a stream of its own (together: false): the two are never of one moment, so rows would seem to refer to nothing.`,
      help: "Let the datastore's datasets move together, or take the check out.",
      at,
    };
    return;
  }
  const key = keyOf(target);
  const count = check.columns?.length ?? 0;
  if (key.length !== count || key.length === 0)
    yield {
      message: `${said} refers by ${count} columns to '${to}', whose key has ${key.length}.`,
      help:
        key.length === 0
          ? 'Refer to a dataset with a key.'
          : `Name as many columns, in the order of the key: ${key.join(', ')}.`,
      at,
    };
}
