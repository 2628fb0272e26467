import type { Classified } from '../model/effective.ts';

/** A level as a number, 0 the lowest; null where the mesh has no such level. */
export function rankOf(mesh: Classified, name: string): number | null {
  const rank = mesh.classification?.levels.indexOf(name) ?? -1;
  return rank < 0 ? null : rank;
}

/** A clearance as a number: who claims none has the lowest. */
export function clearanceRank(mesh: Classified, clearance: string | undefined): number | null {
  if (clearance === undefined) return mesh.classification?.levels.length ? 0 : null;
  return rankOf(mesh, clearance);
}
