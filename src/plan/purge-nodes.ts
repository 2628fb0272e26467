import type { PurgeNode, ReplicateNode, StreamNode, Table } from './plan.ts';

/** One node a stream and container in which something is kept that goes one day: versions, or a delta. */
export function purgeNodes(streams: readonly StreamNode[], replicas: readonly ReplicateNode[]): readonly PurgeNode[] {
  return [...streams, ...replicas].flatMap((node): readonly PurgeNode[] => {
    const datasets = node.datasets
      .map((dataset) => ({ ...dataset, keepsDelta: 'keepsDelta' in dataset && dataset.keepsDelta }))
      .filter(({ layout, key, keepsDelta }) => (layout !== 'live' && key.length > 0) || keepsDelta);
    if (datasets.length === 0) return [];
    return [
      {
        id: `purge:${node.container}:${node.stream}`,
        kind: 'purge',
        after: [node.id],
        priority: 'low',
        why: datasets.map(reason),
        stream: node.stream,
        container: node.container,
        datasets: datasets.map(({ address, name, schema, current, history, keepsDelta }) => ({
          address,
          name,
          schema,
          current,
          history,
          keepsDelta,
        })),
        readers: replicas
          .filter((replica) => node.kind === 'stream' && replica.stream === node.stream)
          .map(({ id }) => id),
      },
    ];
  });
}

type Kept = Table & { readonly keepsDelta: boolean };

function reason({ name, layout, retentionMs, keepsDelta }: Kept): string {
  const versions =
    layout === 'live' ? [] : [retentionMs === undefined ? 'keeps every version' : 'loses versions that are old enough'];
  const changes = keepsDelta ? ['loses net changes that every replica has'] : [];
  return `'${name}' ${[...versions, ...changes].join(', and ')}.`;
}
