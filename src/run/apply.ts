import type { Connection } from '../engine/connection.ts';
import type { Finding } from '../findings/finding.ts';
import { loadedDatasets } from '../flow/bookkeeping.ts';
import { sourceTables } from '../flow/capture/source-tables.ts';
import { ensureBookkeeping } from '../flow/checkpoint.ts';
import { publish } from '../flow/publish/publish.ts';
import { ensureReaderRoles } from '../flow/publish/reader-roles.ts';
import { ensureTables } from '../flow/tables.ts';
import type { Plan, PublishNode, StreamNode } from '../plan/plan.ts';
import type { Containers } from './containers.ts';
import { standbyFindings } from './standby.ts';

/**
 * Asks the real sources, read-only, whether the plan can run on them. Findings that are errors block apply: nothing has
 * been changed anywhere by then. Errors: EngineError where a source does not answer.
 */
export async function preflight(plan: Plan, containers: Containers): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const streams = plan.nodes.filter((node) => node.kind === 'stream');
  for (const source of new Set(streams.map((node) => node.source))) {
    const engine = await containers.engine(source);
    if (engine.capture === null) continue;
    await using connection = await containers.connect(source, 'preflight');
    for (const mode of ['cdc', 'snapshot'] as const) {
      // What is read by watermark is read as a snapshot is.
      const isRead = (node: StreamNode) => (node.mode === 'watermark' ? 'snapshot' : node.mode) === mode;
      const tables = streams.filter((node) => node.source === source && isRead(node)).flatMap(sourceTables);
      if (tables.length === 0) continue;
      const own = plan.nodes.find((node) => node.kind === 'capture' && node.container === source);
      const name = own?.kind === 'capture' ? own.name : undefined;
      findings.push(...(await engine.capture.preflight(connection, mode, tables, name)));
    }
  }
  for (const store of new Set(
    streams.flatMap((node) => (node.durability?.kind === 'standby' ? [node.container] : [])),
  )) {
    await using connection = await containers.connect(store, 'preflight');
    findings.push(...(await standbyFindings(connection, store)));
  }
  return findings;
}

/**
 * Makes what the plan needs in stores and replicas: bookkeeping and tables. Every step is idempotent and only adds, so a
 * cut leaves a database that the next apply completes.
 */
export async function makeTables(plan: Plan, containers: Containers): Promise<void> {
  for (const id of containersWithTables(plan)) {
    await using connection = await containers.connect(id, 'apply');
    await ensureBookkeeping(connection);
    for (const node of plan.nodes) {
      if (node.kind === 'stream' && node.container === id) await ensureTables(connection, node.datasets);
      if (node.kind === 'replicate' && node.container === id) {
        await ensureTables(
          connection,
          node.datasets.map((dataset) => ({ ...dataset, keepsDelta: false })),
        );
      }
    }
  }
}

/**
 * Publishes a group once every dataset it shows is complete in its container; null while one is not: what is there of one that
 * is being loaded was never so. `isOurs`: the server is the embedded one, so that readers' roles are ours to make.
 */
export async function publishWhenLoaded(
  connection: Connection,
  node: PublishNode,
  isOurs: boolean,
): Promise<readonly Finding[] | null> {
  for (const stream of new Set(node.views.map((view) => view.stream))) {
    const complete = await loadedDatasets(connection, stream);
    const shown = node.views.filter((view) => view.stream === stream);
    if (shown.some(({ table }) => !complete.has(table.address))) return null;
  }
  if (isOurs) await ensureReaderRoles(connection, node.readers);
  return publish(connection, node);
}

function containersWithTables(plan: Plan): string[] {
  const ids = plan.nodes.flatMap((node) =>
    node.kind === 'stream' || node.kind === 'replicate' ? [node.container] : [],
  );
  return [...new Set(ids)].sort();
}
