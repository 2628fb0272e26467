import type { EngineFacts, Facts } from '../../engine/facts.ts';
import { own, purposeOf } from '../../model/effective.ts';
import { typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import { containerWords, type StorageEntry, storagesOf } from '../containers.ts';
import { datasetsOf } from '../datasets.ts';
import { type ReadingGroup, readingGroupsOf } from '../groups.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { columnSpot } from '../spots.ts';

/**
 * The engines that will hold a dataset can hold the values of each of its columns exactly. A store that cannot is an
 * error; a group whose replicas cannot is served from its store instead, which is a warning.
 */
export const unsupportedType: Rule = {
  name: 'unsupported-type',
  judges: {
    *datastore(datastore, ask) {
      // Several stores of an engine refuse alike: one finding for each column and engine.
      const stores = new Map(
        storagesOf(ask).flatMap((entry) => (entry.role === 'store' ? [[entry.container.engine, entry]] : [])),
      );
      const engines = [...stores].map(([engine, store]) => ({ store, facts: own(ask.facts, engine) }));
      for (const entry of datasetsOf(datastore))
        for (const [name, { type }] of entry.columns)
          for (const { store, facts } of engines) {
            const refused = refusal(facts, type);
            if (refused === null) continue;
            yield {
              message: `column '${name}' of dataset '${entry.name}' is ${typeText(type)}, which ${containerWords(store)} cannot hold (${facts?.title}: ${refused}).`,
              help: 'Give the column a type that the engine holds exactly, leave it out of the dataset, or use another engine there.',
              at: columnSpot(entry, name),
              related: [{ message: containerWords(store), at: store.spot }],
            };
          }
    },
    *workspace(workspace, ask) {
      for (const group of readingGroupsOf(workspace, ask))
        if (group.group.for !== undefined) yield* inReplicas(group, ask);
    },
  },
};

function* inReplicas(group: ReadingGroup, ask: Ask): Iterable<Report> {
  const purpose = purposeOf(group.group);
  const byEnvironment = new Map<string, StorageEntry[]>();
  for (const entry of storagesOf(ask))
    if (entry.role === 'replica' && entry.serves.includes(purpose))
      byEnvironment.set(entry.environment, [...(byEnvironment.get(entry.environment) ?? []), entry]);
  for (const [environment, replicas] of byEnvironment) {
    const refusals = replicas.map((replica) => firstRefused(replica, group, ask.facts));
    const [first] = refusals;
    if (first == null || refusals.includes(null)) continue;
    const { replica, read, column, type, refused } = first;
    yield {
      severity: 'warning',
      message: `no replica of environment '${environment}' that serves ${purpose} can hold what group '${group.address}' reads, so it is served from the store: column '${column}' of '${read.dataset.address}' is ${typeText(type)} (${own(ask.facts, replica.container.engine)?.title}: ${refused}).`,
      help: `Leave the column out of what the group reads, or give  ${purpose}  a replica whose engine holds it.`,
      at: read.spot,
      related: [
        { message: `column '${column}'`, at: columnSpot(read.dataset, column) },
        { message: containerWords(replica), at: replica.spot },
      ],
    };
  }
}

/** The first column that a group reads and a replica cannot hold; null where it holds all. */
function firstRefused(replica: StorageEntry, group: ReadingGroup, facts: Facts) {
  const engine = own(facts, replica.container.engine);
  for (const read of group.reads)
    for (const column of read.columns) {
      const type = own(read.dataset.dataset.columns, column)?.type;
      const refused = type === undefined ? null : refusal(engine, type);
      if (type !== undefined && refused !== null) return { replica, read, column, type, refused };
    }
  return null;
}

/** Why an engine cannot hold a type; null where it can. */
function refusal(engine: EngineFacts | undefined, type: Type): string | null {
  const answer = engine?.holds(type);
  return answer !== undefined && 'refused' in answer ? answer.refused : null;
}
