import type { Classified } from '../../model/effective.ts';
import type { Columns } from '../graph/carried.ts';
import type { Classification } from '../graph/classification.ts';
import { rankOf } from '../levels.ts';

/** Is it of one of these levels, or above it, or has one of these labels? Those that it is or has. */
export function classesOf(
  mesh: Classified,
  { rank, labels }: Classification,
  classes: readonly string[],
): readonly string[] {
  return classes.filter((name) => {
    const level = rankOf(mesh, name);
    return (level !== null && rank >= level) || labels.includes(name);
  });
}

/** The column that a policy is about: the first with data of the zone that it asks for, or with any. */
export function columnAbout(
  mesh: Classified,
  columns: Columns,
  zone: string,
  classes: readonly string[],
): string | null {
  const holding = columns.flatMap(([name, carried]) => {
    const part = carried.get(zone);
    return part === undefined ? [] : [{ name, part }];
  });
  const asked = holding.find(({ part }) => classesOf(mesh, part, classes).length > 0);
  return (asked ?? holding[0])?.name ?? null;
}
