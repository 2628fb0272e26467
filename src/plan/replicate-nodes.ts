import { byCodePoint } from '../base/digest.ts';
import { must } from '../base/must.ts';
import { own } from '../model/effective.ts';
import { demandOf, retentionOf } from './demand.ts';
import type { ReplicaDataset, ReplicateNode } from './plan.ts';
import { copiedColumns, type Serving } from './serve.ts';
import type { StreamDraft } from './streams.ts';
import { tableOf } from './tables.ts';

/** One node a replica and stream: what the groups served there read, and nothing else. */
export function replicateNodes(servings: readonly Serving[]): readonly ReplicateNode[] {
  const pairs = new Map<string, { readonly container: string; readonly draft: StreamDraft; readonly by: Serving[] }>();
  for (const serving of servings.filter(({ isReplica }) => isReplica))
    for (const draft of new Set(serving.streams.values())) {
      const id = `replicate:${serving.container}:${draft.stream}`;
      const pair = pairs.get(id) ?? { container: serving.container, draft, by: [] };
      pair.by.push(serving);
      pairs.set(id, pair);
    }
  return [...pairs]
    .toSorted(([a], [b]) => byCodePoint(a, b))
    .map(([id, { container, draft, by }]) => {
      const demand = demandOf(
        by.map(({ group }) => ({ group, hops: 2 })),
        null,
      );
      const copied = [...draft.datasets.keys()]
        .filter((name) => by.some(({ group }) => group.reads.has(`${draft.datastore.address}.${name}`)))
        .map((name) => copyOf(draft, name, by));
      return {
        id,
        kind: 'replicate',
        after: [`stream:${draft.stream}`],
        priority: demand.priority,
        why: [...demand.why, ...copied.flatMap(({ why }) => why)],
        stream: draft.stream,
        store: draft.store.container,
        container,
        intervalMs: demand.intervalMs,
        promisedMs: demand.promisedMs,
        datasets: copied.map(({ dataset }) => dataset),
      };
    });
}

function copyOf(
  { datastore, store }: StreamDraft,
  name: string,
  by: readonly Serving[],
): { readonly dataset: ReplicaDataset; readonly why: readonly string[] } {
  const address = `${datastore.address}.${name}`;
  const readers = by.filter(({ group }) => group.reads.has(address));
  const facts = must(readers[0], `reader of '${address}'`).facts;
  const wanted = new Set(readers.flatMap(({ group }) => copiedColumns(must(group.reads.get(address), address))));
  const all = Object.keys(own(datastore.datasets, name)?.columns ?? {});
  const columns = all.filter((column) => wanted.has(column));
  const left = all.filter((column) => !wanted.has(column));
  const historian = readers.find(({ group }) => group.wantsHistory);
  const inStore = tableOf(datastore, name, [], 'live', store.facts);
  return {
    dataset: {
      ...tableOf(datastore, name, columns, historian === undefined ? 'live' : 'split', facts),
      ...retentionOf(readers.map(({ group }) => group)),
      store: {
        schema: inStore.schema,
        current: inStore.current,
        history: inStore.history,
        delta: inStore.delta,
        ...(left.length === 0 ? {} : { isPart: true as const }),
      },
    },
    why: [
      historian === undefined
        ? `'${name}' keeps current rows alone here: no group served here asks for its history.`
        : `'${name}' keeps every version here: group '${historian.group.address}' asks for history.`,
      ...(left.length === 0
        ? []
        : [
            `'${name}' is copied without ${left.map((c) => `'${c}'`).join(', ')}, which no group served here may read.`,
          ]),
    ],
  };
}
