import type { EngineFacts } from '../../engine/facts.ts';
import { own } from '../../model/effective.ts';
import type { Spot, WholeRule } from '../rule.ts';
import { columnSpot, type Subject, spotOf } from '../subject.ts';

/** Names of datasets and columns fit whole into every engine that may hold them. */
export const nameTooLong: WholeRule = {
  name: 'name-too-long',
  *find(subject) {
    const strictest = strictestOf(subject);
    if (strictest === null) return;
    for (const [what, name, at] of namesOf(subject)) {
      if (name.length <= strictest.identifierLimit) continue;
      yield {
        message: `${what} '${name}' has ${name.length} characters, and ${strictest.title} keeps only ${strictest.identifierLimit} of a name.`,
        help: "Give it a shorter name and keep the source's in  from.",
        at,
      };
    }
  },
};

/** The engine of the stores and replicas that keeps least of a name. */
function strictestOf({ facts, containers }: Subject) {
  return containers
    .filter(({ role }) => role === 'store' || role === 'replica')
    .flatMap(({ container }) => own(facts, container.engine) ?? [])
    .reduce<EngineFacts | null>(
      (least, next) => (least && least.identifierLimit <= next.identifierLimit ? least : next),
      null,
    );
}

function* namesOf({ datasets }: Subject): Iterable<readonly [string, string, Spot]> {
  for (const entry of datasets) {
    yield ['dataset', entry.name, spotOf(entry.address)];
    for (const column of Object.keys(entry.dataset.columns)) yield ['column', column, columnSpot(entry, column)];
  }
}
