import { byCodePoint } from '../base/digest.ts';
import { parseMemberAddress } from '../model/address.ts';
import { parseDurationMs } from '../model/duration.ts';
import type { Dataset, Datastore, Group, Model, Priority, Workspace } from '../model/model.ts';

/** What one group reads of one dataset. */
export type Read = {
  readonly datastore: Datastore;
  readonly name: string;
  readonly dataset: Dataset;
  /** In the dataset's order. */
  readonly columns: readonly string[];
};

export type GroupReads = {
  /** `retail/insight/reporting.dashboard`. */
  readonly address: string;
  readonly workspace: Workspace;
  readonly name: string;
  readonly group: Group;
  readonly latencyMs: number | null;
  readonly wantsHistory: boolean;
  readonly priority: Priority;
  /** By dataset address, in order of it. */
  readonly reads: ReadonlyMap<string, Read>;
  /** References that lead nowhere. */
  readonly unknown: readonly string[];
};

/** Every group of the model with its references expanded, by address. */
export function groupsOf(model: Model): readonly GroupReads[] {
  return Object.values(model.workspaces)
    .flatMap((workspace) =>
      Object.entries(workspace.groups).map(([name, group]): GroupReads => {
        const { reads, unknown } = readsOf(model, group);
        return {
          address: `${workspace.address}.${name}`,
          workspace,
          name,
          group,
          latencyMs: group.latency === undefined ? null : parseDurationMs(group.latency),
          wantsHistory: group.history === 'full',
          priority: workspace.priority ?? 'normal',
          reads,
          unknown,
        };
      }),
    )
    .sort((a, b) => byCodePoint(a.address, b.address));
}

function readsOf(model: Model, group: Group): Pick<GroupReads, 'reads' | 'unknown'> {
  const columnsOf = new Map<string, { read: Omit<Read, 'columns'>; wanted: Set<string> }>();
  const unknown: string[] = [];
  for (const reference of group.read) {
    const parsed = parseMemberAddress(reference.from);
    const datastore = parsed === null ? undefined : model.datastores[parsed.object];
    const names =
      datastore === undefined ? [] : parsed?.member === '*' ? Object.keys(datastore.datasets) : [parsed?.member ?? ''];
    const found = names.flatMap((name) => {
      const dataset = datastore?.datasets[name];
      return datastore === undefined || dataset === undefined ? [] : [{ datastore, name, dataset }];
    });
    if (found.length === 0) unknown.push(reference.from);
    for (const read of found) {
      const address = `${read.datastore.address}.${read.name}`;
      const entry = columnsOf.get(address) ?? { read, wanted: new Set<string>() };
      for (const column of reference.columns ?? Object.keys(read.dataset.columns)) {
        if (read.dataset.columns[column] === undefined) unknown.push(`${address}#${column}`);
        else entry.wanted.add(column);
      }
      columnsOf.set(address, entry);
    }
  }
  const reads = [...columnsOf]
    .sort(([a], [b]) => byCodePoint(a, b))
    .map(([address, { read, wanted }]): [string, Read] => [
      address,
      { ...read, columns: Object.keys(read.dataset.columns).filter((column) => wanted.has(column)) },
    ]);
  return { reads: new Map(reads), unknown };
}
