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
      for (const [what, name, at] of namesOf(datastore)) {
        if (name.length <= strictest.identifierLimit) continue;
        yield {
          message: `${what} '${name}' has ${name.length} characters, and ${strictest.title} keeps only ${strictest.identifierLimit} of a name.`,
          help: "Give it a shorter name and keep the source's in  from.",
          at,
        };
      }
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

function* namesOf(datastore: Datastore): Iterable<readonly [string, string, Spot]> {
  for (const entry of datasetsOf(datastore)) {
    yield ['dataset', entry.name, spotOf(entry.address)];
    for (const column of Object.keys(entry.dataset.columns)) yield ['column', column, columnSpot(entry, column)];
  }
}
