import type { Mesh } from '../model/model.ts';
import type { DatasetEntry } from './subject.ts';

/**
 * Classification as it counts: a column without a level has its datastore's, and without that the mesh's highest; who
 * claims no clearance has the lowest. Levels are numbers from 0; null where the mesh has no levels, or not this one.
 */
export function levelOf(mesh: Mesh, name: string): number | null {
  const level = mesh.classification?.levels.indexOf(name) ?? -1;
  return level < 0 ? null : level;
}

/** The name of a column's level; null in a mesh without levels. */
export function levelNameOf(mesh: Mesh, entry: DatasetEntry, column: string): string | null {
  const levels = mesh.classification?.levels ?? [];
  return entry.dataset.columns[column]?.level ?? entry.datastore.classification ?? levels[levels.length - 1] ?? null;
}

/** The level of a clearance, absent: the lowest. */
export function clearanceOf(mesh: Mesh, clearance: string | undefined): number | null {
  if (clearance === undefined) return mesh.classification?.levels.length ? 0 : null;
  return levelOf(mesh, clearance);
}
