import { canonicalJson } from '../base/digest.ts';
import type { Connection } from '../engine/connection.ts';
import type { Finding } from '../findings/finding.ts';
import { loadedDatasets } from '../flow/bookkeeping.ts';
import { sourceTables } from '../flow/capture/source-tables.ts';
import { followNames, keyFindings } from '../flow/places.ts';
import { dropWithin, publish, publishWithin } from '../flow/publish/publish.ts';
import { ensureReaderRoles } from '../flow/publish/reader-roles.ts';
import { dropLeft, putTogether, setApart } from '../flow/reshape/layout.ts';
import { prepareTypes, swapTypes, type Views } from '../flow/reshape/reshape.ts';
import { noteRetired } from '../flow/reshape/retired.ts';
import type { Kept } from '../flow/reshape/retyped.ts';
import type { SwitchOptions } from '../flow/reshape/switch.ts';
import { ensureTables } from '../flow/tables.ts';
import type { Plan, PublishNode, StreamNode } from '../plan/plan.ts';
import type { Containers } from './containers.ts';
import { standbyFindings } from './standby.ts';

/**
 * Asks the real sources, read-only, whether the plan can run on them. Findings that are errors block apply: nothing has
 * been changed anywhere by then. What changed at a source under a column that is deployed as it is, is a warning here. Errors: EngineError where a source does not answer.
 */
export async function preflight(
  plan: Plan,
  containers: Containers,
  deployed: Plan | null,
): Promise<readonly Finding[]> {
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
  return findings.map((finding) =>
    isDeployed(finding, plan, deployed) ? { ...finding, severity: 'warning' } : finding,
  );
}

/** What a source says of a column that runs already, just as the plan has it: its stream alone says so and stops. */
function isDeployed({ rule, address }: Finding, plan: Plan, deployed: Plan | null): boolean {
  if (deployed === null || !ofColumns.has(rule) || address === null) return false;
  const columnIn = (of: Plan) => {
    const datasets = of.nodes.flatMap((node) => (node.kind === 'stream' ? node.datasets : []));
    const dataset = datasets.find((one) => address.startsWith(`${one.address}#`));
    const column = dataset?.columns.find(({ name }) => address === `${dataset.address}#${name}`);
    return dataset === undefined || column === undefined ? null : canonicalJson({ table: dataset.from, column });
  };
  return columnIn(plan) !== null && columnIn(plan) === columnIn(deployed);
}

const ofColumns: ReadonlySet<string> = new Set(['source-column-missing', 'source-type-changed', 'source-nullable']);

/**
 * Makes what the plan needs in stores and replicas: bookkeeping and tables. Every step is idempotent and only adds, so a
 * cut leaves a database that the next apply completes. Errors among the findings: nothing was changed.
 */
export async function makeTables(plan: Plan, containers: Containers): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const id of containersWithTables(plan)) {
    await using connection = await containers.connect(id, 'apply');
    findings.push(...(await keyFindings(connection, keptIn(plan, id))));
  }
  if (findings.length > 0) return findings;
  for (const id of containersWithTables(plan)) {
    await using connection = await containers.connect(id, 'apply');
    await followNames(connection, keptIn(plan, id));
    for (const node of plan.nodes) {
      if (node.kind === 'stream' && node.container === id) await ensureTables(connection, node.datasets, 'left');
      if (node.kind === 'replicate' && node.container === id)
        await ensureTables(connection, withoutDelta(node.datasets), 'left');
    }
  }
  return findings;
}

/** A replica's datasets as tables: what nobody follows needs no delta. */
function withoutDelta<T extends object>(datasets: readonly T[]): readonly (T & { readonly keepsDelta: false })[] {
  return datasets.map((dataset) => ({ ...dataset, keepsDelta: false as const }));
}

/**
 * Sets rows and versions apart that the plan does not want in one table, or that have a type to change; and gives kept columns the
 * types that the plan says, everywhere: first all that takes long, then, container by container, the switch with the views in one
 * short transaction. Nothing is done where all have them. Cut anywhere, it
 * goes on from there. Errors among the findings: what stands in the way, and readers go on with what was.
 */
export async function changeTypes(
  plan: Plan,
  containers: Containers,
  options: SwitchOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const kept = new Map(containersWithTables(plan).map((id) => [id, keptIn(plan, id)]));
  for (const [id, tables] of kept) {
    await using connection = await containers.connect(id, 'apply');
    const blocked = await setApart(connection, tables, options);
    findings.push(...blocked);
    if (!blocked.some(isError)) findings.push(...(await prepareTypes(connection, tables)));
  }
  if (findings.some(isError)) return findings;
  for (const [id, tables] of kept) {
    await using connection = await containers.connect(id, 'apply');
    const published = await viewsIn(plan, connection, id);
    const views: Views = {
      ...published,
      drop: async () => {
        await published.drop();
        await dropLeft(
          connection,
          tables.map(({ table }) => table),
        );
      },
    };
    await noteRetired(connection, tables);
    findings.push(...(await swapTypes(connection, tables, views)));
  }
  return findings;
}

/**
 * Puts rows and versions in one table where the plan says so, with the views in one transaction for each dataset; once nothing shows
 * them any more but what the plan has. Errors among the findings: what stands in the way, and all stays as it is there.
 */
export async function putInLayouts(
  plan: Plan,
  containers: Containers,
  options: SwitchOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const id of containersWithTables(plan)) {
    await using connection = await containers.connect(id, 'apply');
    const views = await viewsIn(plan, connection, id);
    findings.push(...(await putTogether(connection, keptIn(plan, id), views, options)));
  }
  return findings;
}

export function isError({ severity }: Finding): boolean {
  return severity === 'error';
}

/** The views of a container whose datasets are all there. */
async function viewsIn(plan: Plan, connection: Connection, id: string): Promise<Views> {
  const shown: PublishNode[] = [];
  for (const node of plan.nodes)
    if (node.kind === 'publish' && node.container === id && (await isLoaded(connection, node))) shown.push(node);
  return {
    schemas: shown.map(({ schema }) => schema),
    drop: async () => {
      for (const node of shown) await dropWithin(connection, node);
    },
    publish: async () => {
      const told: Finding[] = [];
      for (const node of shown) told.push(...(await publishWithin(connection, node)));
      return told;
    },
  };
}

function keptIn(plan: Plan, container: string): readonly Kept[] {
  return plan.nodes.flatMap((node): Kept[] => {
    if ((node.kind !== 'stream' && node.kind !== 'replicate') || node.container !== container) return [];
    const tables = node.kind === 'stream' ? node.datasets : withoutDelta(node.datasets);
    return tables.map((table) => ({ stream: node.stream, table }));
  });
}

/** Is every dataset that a group shows complete here? */
async function isLoaded(connection: Connection, node: PublishNode): Promise<boolean> {
  for (const stream of new Set(node.views.map((view) => view.stream))) {
    const complete = await loadedDatasets(connection, stream);
    const shown = node.views.filter((view) => view.stream === stream);
    if (shown.some(({ table }) => !complete.has(table.address))) return false;
  }
  return true;
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
  if (!(await isLoaded(connection, node))) return null;
  if (isOurs) await ensureReaderRoles(connection, node.readers);
  return publish(connection, node);
}

function containersWithTables(plan: Plan): string[] {
  const ids = plan.nodes.flatMap((node) =>
    node.kind === 'stream' || node.kind === 'replicate' ? [node.container] : [],
  );
  return [...new Set(ids)].sort();
}
