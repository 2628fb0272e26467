import type { EngineFacts } from '../../engine/facts.ts';
import { keyOf, own } from '../../model/effective.ts';
import { storagesOf } from '../containers.ts';
import { datasetsOf } from '../datasets.ts';
import type { Ask, Report, Rule, Spot } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A dataset and its key have no more columns than the engines hold where its rows may rest. */
export const tooManyColumns: Rule = {
  name: 'too-many-columns',
  judges: {
    *datastore(datastore, ask) {
      const engines = enginesOf(ask);
      for (const { address, name, dataset } of datasetsOf(datastore)) {
        const columns = Object.keys(dataset.columns).length;
        yield* beyond(`dataset '${name}'`, columns, 'columnLimit', engines, spotOf(address));
        yield* beyond(
          `the key of dataset '${name}'`,
          keyOf(dataset).length,
          'keyLimit',
          engines,
          spotOf(address, 'key'),
        );
      }
    },
  },
};

function* beyond(
  what: string,
  columns: number,
  limit: 'columnLimit' | 'keyLimit',
  engines: readonly EngineFacts[],
  at: Spot,
): Iterable<Report> {
  for (const engine of engines) {
    const most = engine[limit];
    if (most === undefined || columns <= most) continue;
    yield {
      message: `${what} has ${columns} columns, and ${engine.title}, where its rows may rest, holds at most ${most}.`,
      help:
        limit === 'keyLimit'
          ? 'Choose fewer columns that are unique together.'
          : 'Leave out columns that nobody reads, or make two datasets of it.',
      at,
    };
  }
}

/** Those of stores and replicas, each once. */
function enginesOf(ask: Ask): readonly EngineFacts[] {
  const names = new Set(storagesOf(ask).map(({ container }) => container.engine));
  return [...names].sort().flatMap((name) => own(ask.facts, name) ?? []);
}
