import type { Plan, StreamDataset } from '../../plan/plan.ts';

/**
 * Datasets that may have rows of the same person: those with a column called as one of the key's, or as the dataset and
 * one of the key's (`customer_id`, `customers_id`). By their names alone; nobody looks at their rows.
 */
export function relatedTo(plan: Plan, dataset: StreamDataset): readonly string[] {
  const { name, key } = dataset;
  const stems = new Set([name, name.replace(/ies$/, 'y'), name.replace(/s$/, ''), name.replace(/es$/, '')]);
  const own = key.filter((column) => column !== 'id');
  const meant = new Set([...own, ...[...stems].flatMap((stem) => key.map((column) => `${stem}_${column}`))]);
  return plan.nodes.flatMap((node) =>
    node.kind === 'stream'
      ? node.datasets
          .filter(
            (other) => other.address !== dataset.address && other.columns.some((column) => meant.has(column.name)),
          )
          .map((other) => other.address)
      : [],
  );
}
