import { byCodePoint } from '../base/digest.ts';
import { parseMemberAddress } from '../model/address.ts';
import { parseDurationMs } from '../model/duration.ts';
import { latencyMs, own, priorityOf, type Read, readsOf, wantsHistory } from '../model/effective.ts';
import type { Group, Model, Priority, Workspace } from '../model/model.ts';
import { type Past, withoutPast } from './past-removal.ts';

/** A group with what the planner asks of it, absent attributes filled in. */
export type GroupReads = {
  /** `retail/insight/reporting.dashboard`. */
  readonly address: string;
  readonly workspace: Workspace;
  readonly name: string;
  readonly group: Group;
  readonly latencyMs: number | null;
  readonly wantsHistory: boolean;
  /** How long versions are kept for it; null: for ever, or it wants none. */
  readonly retentionMs: number | null;
  readonly priority: Priority;
  /** By dataset address, in order of it. */
  readonly reads: ReadonlyMap<string, Read>;
  /** References that lead nowhere. */
  readonly unknown: readonly string[];
  /** What it reads and is not served, since the day of its removal has come. */
  readonly past: readonly Past[];
};

/** Every group of the model with its references expanded, by address, as it is served at a time. */
export function groupsOf(model: Model, asOfMs: number): readonly GroupReads[] {
  return Object.values(model.workspaces)
    .flatMap((workspace) =>
      Object.entries(workspace.groups).map(([name, group]): GroupReads => {
        const all = readsOf((at) => own(model.datastores, at) ?? null, group);
        const { reads: left, past } = withoutPast(all, asOfMs);
        const reads = left.map((read): [string, Read] => [`${read.datastore.address}.${read.name}`, read]);
        return {
          address: `${workspace.address}.${name}`,
          workspace,
          name,
          group,
          latencyMs: latencyMs(group),
          wantsHistory: wantsHistory(group),
          retentionMs: wantsHistory(group) && group.retention !== undefined ? parseDurationMs(group.retention) : null,
          priority: priorityOf(workspace),
          reads: new Map(reads.toSorted(([a], [b]) => byCodePoint(a, b))),
          unknown: unknownIn(model, group),
          past,
        };
      }),
    )
    .sort((a, b) => byCodePoint(a.address, b.address));
}

function unknownIn(model: Model, group: Group): readonly string[] {
  return group.read.flatMap(({ from, columns }) => {
    const address = parseMemberAddress(from);
    const datastore = address === null ? undefined : own(model.datastores, address.object);
    if (address === null || datastore === undefined) return [from];
    if (address.member === '*') return Object.keys(datastore.datasets).length === 0 ? [from] : [];
    const dataset = own(datastore.datasets, address.member);
    if (dataset === undefined) return [from];
    return (columns ?? [])
      .filter((column) => own(dataset.columns, column) === undefined)
      .map((column) => `${from}#${column}`);
  });
}
