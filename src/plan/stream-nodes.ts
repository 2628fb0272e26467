import { groupedBy } from '../base/group.ts';
import { freshnessMs, keyOf, own } from '../model/effective.ts';
import type { Container, Dataset } from '../model/model.ts';
import { type Consumer, demandOf, msText, retentionOf } from './demand.ts';
import { durabilityOf, durabilityWhy } from './durability.ts';
import type { StreamDataset, StreamNode, Table } from './plan.ts';
import { checkSays, checksOf } from './quality.ts';
import { lateText, readingOf, readingWhy, watermarkOf } from './reading.ts';
import type { Serving } from './serve.ts';
import type { StreamDraft } from './streams.ts';
import { sourceOf, tableOf } from './tables.ts';

/** One node a stream: layouts, deltas and interval as its consumers ask. */
export function streamNodes(streams: readonly StreamDraft[], servings: readonly Serving[]): readonly StreamNode[] {
  const readersOf = byDataset(servings);
  return streams.map((draft) => {
    const { datastore, stream, mode, connection } = draft;
    const readers = [...draft.datasets.keys()].map((name) => readersOf.get(`${datastore.address}.${name}`) ?? []);
    const consumers = [...new Set(readers.flat())].map(
      (serving): Consumer => ({ group: serving.group, hops: serving.isReplica ? 2 : 1 }),
    );
    const demand = demandOf(consumers, freshnessMs(datastore));
    const reading = readingOf(datastore.changes);
    const durability = mode === 'cdc' ? durabilityOf(draft.store.durability) : null;
    const kept = [...draft.datasets].map(([name], i) => datasetOf(draft, name, readers[i] ?? []));
    return {
      id: `stream:${stream}`,
      kind: 'stream',
      after: mode === 'cdc' ? [`capture:${connection}`] : [],
      priority: demand.priority,
      why: [
        ...draft.why,
        ...demand.why,
        ...durabilityWhy(durability, draft.store.container),
        ...readingWhy(reading, draft.datasets),
        ...kept.flatMap(({ why }) => why),
      ],
      stream,
      mode,
      ...(reading === null ? {} : { reading }),
      source: draft.source.container,
      container: draft.store.container,
      ...(durability === null ? {} : { durability }),
      intervalMs: demand.intervalMs,
      promisedMs: demand.promisedMs,
      datasets: kept.map(({ dataset }) => dataset),
    };
  });
}

/** Who reads a dataset, by its address. */
function byDataset(servings: readonly Serving[]): ReadonlyMap<string, readonly Serving[]> {
  const reading = servings.flatMap((serving) =>
    [...serving.group.reads.keys()].map((address) => ({ address, serving })),
  );
  const found = groupedBy(reading, ({ address }) => address);
  return new Map([...found].map(([address, each]) => [address, each.map(({ serving }) => serving)]));
}

function datasetOf(
  { datastore, source, store }: StreamDraft,
  name: string,
  readers: readonly Serving[],
): { readonly dataset: StreamDataset; readonly why: readonly string[] } {
  const declared = own(datastore.datasets, name) ?? { columns: {} };
  const historian = readers.find(({ group }) => group.wantsHistory);
  const replicated = readers.find(({ isReplica }) => isReplica);
  const watermark = watermarkOf(datastore.changes, declared);
  const checks = checksOf(datastore, declared, store.facts);
  const table = tableOf(
    datastore,
    name,
    Object.keys(declared.columns),
    layoutOf(declared, historian !== undefined, store.layout),
    store.facts,
  );
  return {
    dataset: {
      ...table,
      ...retentionOf(readers.map(({ group }) => group)),
      from: sourceOf(declared, name, source.facts, source),
      appendOnly: declared.appendOnly ?? table.key.length === 0,
      ...(watermark === null ? {} : { watermark }),
      keepsDelta: replicated !== undefined,
      ...(checks.length === 0 ? {} : { checks }),
    },
    why: [
      ...(watermark === null
        ? []
        : [
            `'${name}' is read by '${datastore.changes.column ?? ''}': rows that are at most ${lateText(watermark.late)} below the greatest that was read, or above.`,
          ]),
      historian === undefined
        ? `'${name}' keeps current rows alone: no consumer asks for history.`
        : `'${name}' keeps every version${table.layout === 'history' ? ' in one table' : ''}: group '${historian.group.address}' asks for history${table.layout === 'history' ? `, and '${store.container}' says layout 'history'` : ''}.`,
      ...retentionWhy(name, readers),
      ...checks.map((check) => `'${name}' ${checkSays(check)}.`),
      ...(replicated === undefined
        ? []
        : [`'${name}' keeps its net changes: '${replicated.container}' is fed from them.`]),
    ],
  };
}

/** Of rows without key none is ever closed: there is nothing to keep in one table. */
function layoutOf(declared: Dataset, isAsked: boolean, said: Container['layout']): Table['layout'] {
  if (!isAsked) return 'live';
  return said === 'history' && keyOf(declared).length > 0 ? 'history' : 'split';
}

function retentionWhy(name: string, readers: readonly Serving[]): readonly string[] {
  const { retentionMs } = retentionOf(readers.map(({ group }) => group));
  if (retentionMs === undefined) return [];
  const longest = readers.find(({ group }) => group.retentionMs === retentionMs);
  return [
    `'${name}' keeps versions for ${msText(retentionMs)}: the longest asked for, by group '${longest?.group.address ?? ''}'.`,
  ];
}
