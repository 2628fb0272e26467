/** A group over two small tables with two versions each, for tests of publishing on any engine. */
import { randomBytes } from 'node:crypto';
import type { Connection } from '../../../engine/connection.ts';
import type { PublishNode, Table, View } from '../../../plan/plan.ts';
import { sql } from '../../../sql/sql.ts';
import { ensureTables } from '../../tables.ts';

export const customers: Table = {
  address: 'retail/sales/orders.customers',
  name: 'customers',
  key: ['id'],
  columns: [
    { name: 'id', from: 'id', type: { kind: 'int', bits: 32 }, nullable: false },
    { name: 'name', from: 'name', type: { kind: 'text' }, nullable: false },
    { name: 'credit', from: 'credit', type: { kind: 'decimal', precision: 12, scale: 2 }, nullable: true },
    { name: 'instant', from: 'instant', type: { kind: 'timestamptz', precision: 6 }, nullable: true },
  ],
  layout: 'split',
  schema: 'retail__sales__orders',
  current: 'customers',
  history: 'customers__history',
  delta: 'customers__delta',
};

export function view(of: Partial<View> = {}): View {
  return {
    name: 'customers',
    stream: 'retail/sales/orders',
    table: customers,
    columns: ['id', 'name', 'instant'],
    history: true,
    ...of,
  };
}

/** Names of its own in each test: roles are the whole server's. */
export function group(of: Partial<PublishNode> = {}): PublishNode {
  const name = `g_${randomBytes(4).toString('hex')}`;
  return {
    id: `publish:retail/insight/reporting.${name}`,
    kind: 'publish',
    after: [],
    priority: 'normal',
    why: [],
    group: `retail/insight/reporting.${name}`,
    scope: 'acme/local',
    container: 'store:main',
    schema: `reporting_${name}`,
    role: `reporting_${name}_reader`,
    readers: [],
    promisedMs: null,
    views: [view()],
    ...of,
  };
}

/** Customer 1 is 'Ana' at ordinal 1 and 'Ada' from ordinal 5 on; customer 2 is deleted at 5. The clock: 1 is 10:00, 5 is 11:00. */
export async function fill(c: Connection): Promise<void> {
  await ensureTables(c, [{ ...customers, keepsDelta: false }]);
  for (const statement of [
    sql`insert into retail__sales__orders.customers (id, name, credit, fh_from) values (1, 'Ada', 2.50, 5)`,
    sql`insert into retail__sales__orders.customers__history (id, name, credit, fh_from, fh_to) values (1, 'Ana', 1.50, 1, 5), (2, 'Bob', null, 1, 5)`,
    sql`insert into freehold.fh_clock (stream, ordinal, "at") values
      ('retail/sales/orders', 1, timestamp with time zone '2024-01-01 10:00:00+00'),
      ('retail/sales/orders', 5, timestamp with time zone '2024-01-01 11:00:00+00')`,
    sql`insert into freehold.fh_dataset (address, stream, complete_from) values ('retail/sales/orders.customers', 'retail/sales/orders', 1)`,
  ])
    await c.execute(statement);
}
