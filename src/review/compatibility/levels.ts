import { clearanceRank, rankOf } from '../../check/levels.ts';
import { type Classified, highestLevel } from '../../model/effective.ts';

/** A level and the mesh that says what it is worth. Null: the mesh classifies nothing. */
export type Standing = { readonly mesh: Classified; readonly level: string | null };

/** What stands for the clearance of those who claim none. */
export const noClearance = '';

/**
 * Clearances that read what stands so after and did not read it before, `noClearance` for those who claim none. A level
 * that a mesh does not have counts as its highest, as everywhere; a clearance that is new is as good as it would have been.
 */
export function openedTo(before: Standing, after: Standing): readonly string[] {
  if (highestLevel(before.mesh) === null) return [];
  if (highestLevel(after.mesh) === null) return [noClearance];
  return [noClearance, ...(after.mesh.classification?.levels ?? [])].filter(
    (clearance) => reads(clearance, after) && !readBefore(clearance, before, after),
  );
}

function readBefore(clearance: string, before: Standing, after: Standing): boolean {
  const isKnown = clearance === noClearance || rankOf(before.mesh, clearance) !== null;
  if (isKnown) return reads(clearance, before);
  const stillKnown = before.level !== null && rankOf(after.mesh, before.level) !== null;
  return stillKnown ? reads(clearance, { ...after, level: before.level }) : true;
}

function reads(clearance: string, { mesh, level }: Standing): boolean {
  const rank = clearanceRank(mesh, clearance === noClearance ? undefined : clearance);
  return rank !== null && rank >= worth(mesh, level);
}

function worth(mesh: Classified, level: string | null): number {
  const highest = highestLevel(mesh);
  return (level === null ? null : rankOf(mesh, level)) ?? (highest === null ? 0 : (rankOf(mesh, highest) ?? 0));
}
