import type { EngineFacts } from '../../engine/facts.ts';
import { own } from '../../model/effective.ts';
import type { Datastore } from '../../model/model.ts';
import { storagesOf } from '../containers.ts';
import { datasetsOf } from '../datasets.ts';
import type { Ask, Rule, Spot } from '../rule.ts';
import { columnSpot, spotOf } from '../spots.ts';

/** Names of datasets and columns fit whole into every engine that may hold them. */
export const nameTooLong: Rule = {
  name: 'name-too-long',
  judges: {
    *datastore(datastore, ask) {
      const strictest = strictestOf(ask);
      if (strictest === null) return;
      for (const { what, name, at } of longNames(datastore, strictest.identifierLimit))
        yield {
          message: `${what} '${name}' has ${name.length} characters, and ${strictest.title} keeps only ${strictest.identifierLimit} of a name.`,
          help: "Give it a shorter name and keep the source's in  from.",
          at,
        };
    },
  },
};

/** The engine of the stores and replicas that keeps least of a name. */
function strictestOf(ask: Ask) {
  return storagesOf(ask)
    .flatMap(({ container }) => own(ask.facts, container.engine) ?? [])
    .reduce<EngineFacts | null>(
      (least, next) => (least && least.identifierLimit <= next.identifierLimit ? least : next),
      null,
    );
}

type LongName = { readonly what: 'dataset' | 'column'; readonly name: string; readonly at: Spot };

function* longNames(datastore: Datastore, limit: number): Iterable<LongName> {
  for (const entry of datasetsOf(datastore)) {
    if (entry.name.length > limit) yield { what: 'dataset', name: entry.name, at: spotOf(entry.address) };
    for (const [column] of entry.columns)
      if (column.length > limit) yield { what: 'column', name: column, at: columnSpot(entry, column) };
  }
}
