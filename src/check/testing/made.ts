import { memberAddress } from '../../model/address.ts';
import type { Column, Datastore, Transformer } from '../../model/model.ts';

/** A datastore of one dataset, `totals`, and the transformer that makes it, both of team sales: right, both of them. */
export const testOutput: Datastore = {
  address: 'retail/sales/daily',
  changes: { mode: 'output', transformer: 'retail/sales/make_daily' },
  datasets: { totals: { key: ['id'], columns: { id: { type: { kind: 'int', bits: 32 } } satisfies Column } } },
};

export const testTransformer: Transformer = {
  address: 'retail/sales/make_daily',
  reads: { customers: { from: memberAddress('retail/sales/orders', 'customers') } },
  code: { kind: 'sql', dialect: 'postgres', queries: { totals: 'select id from customers' } },
};
