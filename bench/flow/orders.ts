import { dataset } from '../../src/flow/testing/fixture.ts';
import { replicateNode, streamNode } from '../../src/flow/testing/nodes.ts';
import type { ReplicateNode, StreamDataset, StreamNode } from '../../src/plan/plan.ts';

/** The table that is moved: nine columns, its rows a function of their numbers, so equal on every machine. */
export const orders: StreamDataset = dataset(
  'orders',
  ['id'],
  {
    id: 'int64',
    customer: 'int32',
    status: 'varchar(1)',
    total: 'decimal(12,2)',
    ordered: 'date',
    shipped: 'timestamptz?',
    priority: 'varchar(15)',
    clerk: 'varchar(15)',
    comment: 'text?',
  },
  { keepsDelta: false },
);

export const columns = orders.columns.map((column) => column.name).join(', ');

export const create = `create table public.orders (id bigint, customer integer not null, status varchar(1) not null,
  total numeric(12,2) not null, ordered date not null, shipped timestamptz, priority varchar(15) not null,
  clerk varchar(15) not null, comment text)`;

export const key = 'alter table public.orders add primary key (id)';

/** A replica of the stream's table. */
export function replicaOf(node: StreamNode, layout: 'live' | 'split'): ReplicateNode {
  const { schema, current, history, delta } = orders;
  const { stream } = node;
  return replicateNode([{ ...orders, layout, store: { schema, current, history, delta } }], {
    stream,
    after: [node.id],
  });
}

/** Rows `from` to `to`, both included. */
export function rows(from: number, to: number): string {
  return `select g, (g * 48271 % 150000)::integer, substr('OFP', (g % 3)::integer + 1, 1), (g * 7919 % 50000000) / 100.0,
    date '1992-01-01' + (g * 31 % 2400)::integer,
    case when g % 7 > 0 then timestamptz '1992-01-02 00:00+00' + (g * 37 % 207360000) * interval '1 second' end,
    (array['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT', '5-LOW'])[g % 5 + 1],
    'Clerk#' || lpad((g * 13 % 1000)::text, 9, '0'),
    case when g % 11 > 0 then substr(md5(g::text) || md5((g + 1)::text), 1, 20 + (g % 44)::integer) end
    from generate_series(${from}::bigint, ${to}::bigint) g`;
}

export function streamOf(mode: 'snapshot' | 'cdc', datasets: readonly StreamDataset[] = [orders]): StreamNode {
  return streamNode(datasets, { mode });
}

/** Current rows and history as one would write them by hand: the columns, indexes and room in pages that ours have. */
export const handTables = `create table public.current (like public.orders) with (fillfactor = 80)`
  .replace('like public.orders', create.slice(create.indexOf('(') + 1, -1))
  .replace(/\) with/, ', fh_from bigint not null default 1) with')
  .concat(`; create table public.history as select *, fh_from as fh_to from public.current;
    create index on public.history (id, fh_from)`);
