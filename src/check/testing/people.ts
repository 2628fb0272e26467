import type { Datastore, Transformer } from '../../model/model.ts';
import { testColumns } from './model.ts';

/** A transformer of team insight in the model of tests, and the datastore that it makes. */
export function testTransformer(parts: Partial<Transformer> = {}): Transformer {
  return {
    address: 'retail/insight/clean',
    reads: { c: { from: 'retail/sales/orders.customers' } },
    code: { kind: 'sql', dialect: 'postgres', queries: { people: 'select id, lower(name) as name from c' } },
    ...parts,
  };
}

export function testOutput(parts: Partial<Datastore> = {}): Datastore {
  return {
    address: 'retail/insight/people',
    changes: { mode: 'output', transformer: 'retail/insight/clean' },
    datasets: { people: { key: ['id'], columns: testColumns } },
    ...parts,
  };
}
