import type { Facts } from '../../engine/facts.ts';
import { own } from '../../model/effective.ts';
import { typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import type { Report, WholeRule } from '../rule.ts';
import { type ContainerEntry, columnSpot, containerWords, type GroupEntry, type Subject } from '../subject.ts';

/**
 * The engines that will hold a dataset can hold the values of each of its columns exactly. A store that cannot is an
 * error; a group whose replicas cannot is served from its store instead, which is a warning.
 */
export const unsupportedType: WholeRule = {
  name: 'unsupported-type',
  *find(subject) {
    const refusal = refusalsOf(subject.facts);
    yield* inStores(subject, refusal);
    for (const group of subject.groups) yield* inReplicas(subject, group, refusal);
  },
};

/** Why an engine cannot hold a type; null where it can. */
type Refusal = (engine: string, type: Type) => string | null;

function* inStores({ datasets, containers, facts }: Subject, refusal: Refusal): Iterable<Report> {
  // Several stores of an engine refuse alike: one finding for each column and engine.
  const stores = new Map(
    containers.filter(({ role }) => role === 'store').map((store) => [store.container.engine, store]),
  );
  for (const entry of datasets)
    for (const [name, { type }] of Object.entries(entry.dataset.columns))
      for (const [engine, store] of stores) {
        const refused = refusal(engine, type);
        if (refused === null) continue;
        yield {
          message: `column '${name}' of dataset '${entry.name}' is ${typeText(type)}, which ${containerWords(store)} cannot hold (${own(facts, engine)?.title}: ${refused}).`,
          help: 'Give the column a type that the engine holds exactly, leave it out of the dataset, or use another engine there.',
          at: columnSpot(entry, name),
          related: [{ message: containerWords(store), at: store.spot }],
        };
      }
}

function* inReplicas({ containers, facts }: Subject, group: GroupEntry, refusal: Refusal): Iterable<Report> {
  const purpose = group.group.for;
  if (purpose === undefined) return;
  const byEnvironment = new Map<string, ContainerEntry[]>();
  for (const entry of containers)
    if (entry.role === 'replica' && entry.serves.includes(purpose))
      byEnvironment.set(entry.environment.name, [...(byEnvironment.get(entry.environment.name) ?? []), entry]);
  for (const [environment, replicas] of byEnvironment) {
    const refusals = replicas.map((replica) => firstRefused(replica, group, refusal));
    const [first] = refusals;
    if (first == null || refusals.includes(null)) continue;
    const { replica, read, column, type, refused } = first;
    yield {
      severity: 'warning',
      message: `no replica of environment '${environment}' that serves ${purpose} can hold what group '${group.address}' reads, so it is served from the store: column '${column}' of '${read.dataset.address}' is ${typeText(type)} (${own(facts, replica.container.engine)?.title}: ${refused}).`,
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
function firstRefused(replica: ContainerEntry, group: GroupEntry, refusal: Refusal) {
  for (const read of group.reads)
    for (const column of read.columns) {
      const type = own(read.dataset.dataset.columns, column)?.type;
      const refused = type === undefined ? null : refusal(replica.container.engine, type);
      if (type !== undefined && refused !== null) return { replica, read, column, type, refused };
    }
  return null;
}

/** Asks an engine once for each type, not for each of millions of columns. */
function refusalsOf(facts: Facts): Refusal {
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
