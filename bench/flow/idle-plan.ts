import type { Access } from '../../src/engine/engine.ts';
import { dataset } from '../../src/flow/testing/fixture.ts';
import { streamNode } from '../../src/flow/testing/nodes.ts';
import type { Container } from '../../src/model/model.ts';
import type { Plan, StreamNode } from '../../src/plan/plan.ts';
import type { Job } from './ours.ts';

export const captureName = 'freehold_bench_idle';

/** So many streams of one source, each a datastore of its own with one table. */
export function planOf({ source, store, ledger, streams }: Job & { does: 'idle' }): Plan {
  const nodes = Array.from({ length: streams.count }, (_, i) => streamOf(i, streams));
  const containers = {
    'connection:shop': containerOf(source),
    'store:main': containerOf(store),
    ledger: containerOf(ledger),
  };
  const reader = {
    kind: 'capture',
    id: 'capture:shop',
    after: [],
    priority: 'normal',
    why: [],
    connection: 'shop',
    container: 'connection:shop',
    streams: nodes.map(({ id }) => id),
    name: captureName,
  } as const;
  const all = streams.mode === 'cdc' ? [reader, ...nodes] : nodes;
  return { version: 1, mesh: 'acme', environment: 'local', model: '', containers, nodes: all };
}

export function tableOf(i: number): string {
  return `t${String(i).padStart(4, '0')}`;
}

function streamOf(i: number, { mode, intervalMs }: (Job & { does: 'idle' })['streams']): StreamNode {
  const table = tableOf(i);
  const columns = { id: 'int32', note: 'text?' };
  const more = { address: `retail/sales/${table}.rows`, schema: `retail__sales__${table}`, keepsDelta: false };
  const rows = dataset('rows', ['id'], columns, { ...more, from: { schema: 'public', table } });
  return streamNode([rows], { stream: `retail/sales/${table}`, mode, intervalMs });
}

function containerOf({ fields }: Access): Container {
  return { engine: 'postgres', fields };
}
