import type { Connection } from '../../engine/connection.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Containers } from '../../run/containers.ts';
import { name, sql } from '../../sql/sql.ts';

export type DatasetCounts = {
  readonly address: string;
  readonly sourceRows: number;
  readonly liveRows: number;
  /** Versions kept in the store, open ones included; 0 in layout `live`. */
  readonly historyRows: number;
};

/** How many rows each dataset has at its source and in its store. */
export async function countDatasets(plan: Plan, containers: Containers): Promise<DatasetCounts[]> {
  const counts: DatasetCounts[] = [];
  for (const node of plan.nodes) {
    if (node.kind !== 'stream') continue;
    await using source = await containers.connect(node.source, 'count');
    await using store = await containers.connect(node.container, 'count');
    for (const dataset of node.datasets) {
      const liveRows = await countRows(store, dataset.schema, dataset.current);
      counts.push({
        address: dataset.address,
        sourceRows: await countRows(source, dataset.from.schema, dataset.from.table),
        liveRows,
        historyRows:
          dataset.layout !== 'live' ? liveRows + (await countRows(store, dataset.schema, dataset.history)) : 0,
      });
    }
  }
  return counts;
}

async function countRows(connection: Connection, schema: string, table: string): Promise<number> {
  const [row] = await connection.query(sql`select count(*) as n from ${name(schema, table)}`);
  return Number(row?.n);
}
