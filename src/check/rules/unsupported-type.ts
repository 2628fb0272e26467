import type { Facts } from '../../engine/facts.ts';
import { own, purposeOf } from '../../model/effective.ts';
import { typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import type { Rule } from '../rule.ts';
import { type ContainerEntry, columnSpot, type DatasetEntry, type Subject } from '../subject.ts';

/** The engines that will hold a dataset can hold the values of each of its columns exactly. */
export const unsupportedType: Rule = {
  name: 'unsupported-type',
  *find(subject) {
    const refusals = refusalsOf(subject.facts);
    const homes = subject.containers.flatMap((home) =>
      home.role === 'store' || home.role === 'replica' ? [home] : [],
    );
    for (const entry of subject.datasets) {
      // Several containers of an engine refuse alike: one finding for each column and engine.
      const engines = new Map(
        homes.filter((home) => mayHold(subject, home, entry)).map((h) => [h.container.engine, h]),
      );
      for (const [name, column] of Object.entries(entry.dataset.columns))
        for (const [engine, home] of engines) {
          const refused = refusals(engine, column.type);
          if (refused === null) continue;
          yield {
            message: `column '${name}' of dataset '${entry.name}' is ${typeText(column.type)}, which ${subject.facts[engine]?.title} cannot hold (${refused}), and ${home.role} '${home.name}' of environment '${home.environment.name}' is of it.`,
            help: 'Give the column a type that the engine holds exactly, leave the column out of the dataset, or use another engine there.',
            at: columnSpot(entry, name),
            related: [{ message: `${home.role} of environment '${home.environment.name}'`, at: home.spot }],
          };
        }
    }
  },
};

/** A store may hold every dataset; a replica those that a group with a purpose it serves reads. */
function mayHold({ readers }: Subject, home: ContainerEntry, { address }: DatasetEntry): boolean {
  if (home.role !== 'replica') return true;
  return (readers.get(address) ?? []).some(({ group }) => home.serves.includes(purposeOf(group.group)));
}

/** Asks an engine once for each type, not for each of millions of columns. */
function refusalsOf(facts: Facts): (engine: string, type: Type) => string | null {
  const known = new Map<string, string | null>();
  return (engine, type) => {
    const key = `${engine} ${typeText(type)}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const answer = own(facts, engine)?.holds(type);
    const refused = answer !== undefined && 'refused' in answer ? answer.refused : null;
    known.set(key, refused);
    return refused;
  };
}
