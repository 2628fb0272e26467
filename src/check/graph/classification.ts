import { type Classified, labelsOf, levelOf, own } from '../../model/effective.ts';
import type { Column, Datastore, MaskKind } from '../../model/model.ts';
import { rankOf } from '../levels.ts';

/** How delicate something is. `rank`: of its level, 0 the lowest; -1 where the mesh has no levels. Labels sorted. */
export type Classification = { readonly rank: number; readonly labels: readonly string[] };

/** What a column carries: by zone, what that zone's data in it was called. A zone that is not there has none in it. */
export type Carried = ReadonlyMap<string, Classification>;

export const carriesNothing: Carried = new Map();

export function declared(mesh: Classified, datastore: Datastore, column: Column): Classification {
  const level = levelOf(mesh, datastore, column);
  const highest = (mesh.classification?.levels.length ?? 0) - 1;
  // A level that the mesh does not have is found by unknown-level; until then it is taken as the highest.
  return { rank: level === null ? -1 : (rankOf(mesh, level) ?? highest), labels: [...labelsOf(column)].sort() };
}

/** The higher level, and all labels. */
export function higher(a: Classification, b: Classification): Classification {
  const hasAll = b.labels.every((label) => a.labels.includes(label));
  if (hasAll && b.rank <= a.rank) return a;
  return {
    rank: Math.max(a.rank, b.rank),
    labels: hasAll ? a.labels : [...new Set([...a.labels, ...b.labels])].sort(),
  };
}

export function joined(parts: Iterable<Carried>): Carried {
  const all = new Map<string, Classification>();
  for (const part of parts)
    for (const [zone, classification] of part) {
      const before = all.get(zone);
      all.set(zone, before === undefined ? classification : higher(before, classification));
    }
  return all;
}

/** All of it at once, whosever it is: what a reader must be cleared for. */
export function overall(carried: Carried): Classification {
  const [first = { rank: -1, labels: [] }, ...others] = carried.values();
  return others.reduce(higher, first);
}

/**
 * What is left of it behind masks, any of which may be over it. A label goes only where the label says so. A level goes
 * where nothing is left to see: behind `null`, never behind a hash or a token, by which equal values can be told.
 */
export function masked(mesh: Classified, carried: Carried, masks: readonly MaskKind[]): Carried {
  return masks.length === 0 ? carried : joined(masks.map((mask) => behind(mesh, carried, mask)));
}

function behind(mesh: Classified, carried: Carried, mask: MaskKind): Carried {
  const isGone = (label: string) =>
    own(mesh.classification?.labels ?? {}, label)?.dischargedBy?.includes(mask) ?? false;
  const left = [...carried].map(([zone, { rank, labels }]): readonly [string, Classification] => [
    zone,
    {
      rank: mask === 'null' ? Math.min(rank, 0) : rank,
      labels: labels.filter((label) => !isGone(label)),
    },
  ]);
  return new Map(mask === 'null' ? left.filter(([, { labels }]) => labels.length > 0) : left);
}
