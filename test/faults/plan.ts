import { replicateNode } from '../../src/flow/testing/nodes.ts';
import type { Durability, Plan } from '../../src/plan/plan.ts';
import { streams } from '../exactness/company.ts';

/** The streams of the company, read by one capture with its slot, and replicas of them on PostgreSQL and DuckDB. */
export function planOf(containers: Plan['containers'], slot: string, durability?: Durability): Plan {
  const node = { after: [], priority: 'normal', why: [] } as const;
  return {
    version: 1,
    mesh: 'acme',
    environment: 'faults',
    model: '',
    containers,
    nodes: [
      {
        ...node,
        kind: 'capture',
        id: 'capture:shop',
        connection: 'shop',
        container: 'connection:shop',
        streams: streams.map(({ id }) => id),
        name: slot,
      },
      ...streams.map((stream) => (durability === undefined ? stream : { ...stream, durability })),
      ...['replica:sql:0', 'replica:file:0'].flatMap((container) =>
        streams.map(({ stream, datasets: own }) =>
          replicateNode(
            // Whatever the store's layout is.
            own.map((dataset) => ({ ...dataset, layout: 'split' as const, store: dataset })),
            // Rows that moved ring a bell in their process; looking besides is for what moved in another, or while they were busy.
            { stream, container, intervalMs: 500 },
          ),
        ),
      ),
    ],
  };
}
