import { canonicalJson } from '../base/digest.ts';
import { parseMemberAddress } from '../model/address.ts';
import type { Plan, StreamDataset, StreamNode, Table } from './plan.ts';

/** A dataset's tables in one container, as they are and as they are to be called. */
export type MovedTable = { readonly from: Table; readonly to: Table };

/**
 * Datasets that have other tables now, by the container that keeps their rows: declared in another datastore of the same
 * team, where the one of before is gone and this one reads the same table by the same key.
 */
export function movedTables(deployed: Plan | null, plan: Plan): ReadonlyMap<string, readonly MovedTable[]> {
  const moved = new Map<string, MovedTable[]>();
  if (deployed === null) return moved;
  const note = (container: string, one: MovedTable) => moved.set(container, [...(moved.get(container) ?? []), one]);
  const addresses = new Map<string, string>();
  for (const { old, now } of successors(deployed, plan)) {
    if (old.node.container !== now.node.container) continue;
    // One that was renamed where it is keeps its tables.
    if (old.dataset.address === now.dataset.address || isSameTable(old.dataset, now.dataset)) continue;
    note(now.node.container, { from: old.dataset, to: now.dataset });
    addresses.set(now.dataset.address, old.dataset.address);
  }
  for (const node of plan.nodes) {
    if (node.kind !== 'replicate') continue;
    const copies = deployed.nodes.flatMap((old) =>
      old.kind === 'replicate' && old.container === node.container ? old.datasets : [],
    );
    for (const to of node.datasets) {
      const from = copies.find(({ address }) => address === addresses.get(to.address));
      if (from !== undefined) note(node.container, { from, to });
    }
  }
  return moved;
}

/** A dataset with the stream that it moves with. */
export type KeptDataset = { readonly node: StreamNode; readonly dataset: StreamDataset };

type Kept = KeptDataset;

/** Datasets of the plan that the deployed one had, too: by what they are known by, or by what they read. */
export function successors(deployed: Plan, plan: Plan): readonly { readonly old: Kept; readonly now: Kept }[] {
  const [before, after] = [keptIn(deployed), keptIn(plan)];
  const known = new Map(before.map((old) => [identityOf(old.dataset), old]));
  const wanted = new Set(after.map(({ dataset }) => identityOf(dataset)));
  return after.flatMap((now) => {
    const old = known.get(identityOf(now.dataset)) ?? elsewhere(now, before, wanted);
    return old === null ? [] : [{ old, now }];
  });
}

function keptIn(plan: Plan): readonly Kept[] {
  return plan.nodes.flatMap((node) =>
    node.kind === 'stream' ? node.datasets.map((dataset): Kept => ({ node, dataset })) : [],
  );
}

function isSameTable(a: Table, b: Table): boolean {
  return a.schema === b.schema && a.current === b.current;
}

function identityOf({ identity, address }: Table): string {
  return identity ?? address;
}

/** The one that is gone and read what this one reads; null: none, or nobody can tell which. */
function elsewhere(now: Kept, before: readonly Kept[], wanted: ReadonlySet<string>): Kept | null {
  const candidates = before.filter(
    (old) =>
      !wanted.has(identityOf(old.dataset)) &&
      teamOf(old.dataset) === teamOf(now.dataset) &&
      old.node.source === now.node.source &&
      canonicalJson([old.dataset.from, [...old.dataset.key]]) ===
        canonicalJson([now.dataset.from, [...now.dataset.key]]) &&
      now.dataset.columns.every(({ name }) => old.dataset.columns.some((column) => column.name === name)),
  );
  const [one] = candidates;
  return one === undefined || candidates.length > 1 ? null : one;
}

function teamOf({ address }: Table): string {
  return (parseMemberAddress(address)?.object ?? address).split('/').slice(0, 2).join('/');
}
