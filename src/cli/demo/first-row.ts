import type { PublishNode } from '../../plan/plan.ts';
import type { Containers } from '../../run/containers.ts';
import { name, sql } from '../../sql/sql.ts';
import { asReader } from '../commands/query.ts';

/** Is there a row in one of the group's views, seen as its reader? */
export async function seesRow(node: PublishNode, containers: Containers): Promise<boolean> {
  await using connection = await containers.connect(node.container, `query ${node.group}`);
  for (const view of node.views) {
    const rows = await asReader(connection, node, () =>
      connection.query(sql`select 1 as seen from ${name(node.schema, view.name)} limit 1`),
    );
    if (rows.length > 0) return true;
  }
  return false;
}
