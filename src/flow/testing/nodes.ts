import type { ReplicaDataset, ReplicateNode, StreamDataset, StreamNode } from '../../plan/plan.ts';

/** A stream of PostgreSQL's log, of source `shop` into store `main`; `more` says what is otherwise. */
export function streamNode(datasets: readonly StreamDataset[], more: Partial<StreamNode> = {}): StreamNode {
  const stream = more.stream ?? 'retail/sales/shop';
  return {
    kind: 'stream',
    id: `stream:${stream}`,
    after: [],
    priority: 'normal',
    why: [],
    stream,
    mode: 'cdc',
    source: 'connection:shop',
    container: 'store:main',
    intervalMs: 1000,
    promisedMs: null,
    datasets,
    ...more,
  };
}

/** The same stream's replica on the first server of `sql`. */
export function replicateNode(datasets: readonly ReplicaDataset[], more: Partial<ReplicateNode> = {}): ReplicateNode {
  const { stream = 'retail/sales/shop', container = 'replica:sql:0' } = more;
  return {
    kind: 'replicate',
    id: `replicate:${container}:${stream}`,
    after: [],
    priority: 'normal',
    why: [],
    stream,
    store: 'store:main',
    container,
    intervalMs: 1000,
    promisedMs: null,
    datasets,
    ...more,
  };
}
