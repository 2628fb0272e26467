import type { SourceTable } from '../../engine/capture.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';

/** A stream's datasets as the engine of their source is told of them. */
export function sourceTables(node: StreamNode): SourceTable[] {
  return node.datasets.map(sourceTable);
}

export function sourceTable(dataset: StreamDataset): SourceTable {
  const by = dataset.columns.find(({ name }) => name === dataset.watermark?.column);
  return {
    address: dataset.address,
    schema: dataset.from.schema,
    table: dataset.from.table,
    key: dataset.key,
    columns: dataset.columns,
    ...(by === undefined ? {} : { watermark: by.from }),
  };
}
