/**
 * Groups what is reached from `start`: those that reach each other, in a circle, are one group, anything else is a group
 * of its own. A group comes after all that it reaches. `next` is asked once of each, when it is first reached.
 *
 * Strongly connected components after Tarjan, "Depth-first search and linear graph algorithms" (1972), without recursion.
 */
export function* groupsFrom(start: string, next: (one: string) => readonly string[]): Generator<readonly string[]> {
  const visits = new Map<string, Visit>();
  const grouped = new Set<string>();
  const waiting: string[] = [];
  const path: Visit[] = [];
  const enter = (one: string) => {
    const visit = { one, lowest: visits.size, order: visits.size, left: [...next(one)].reverse() };
    visits.set(one, visit);
    waiting.push(one);
    path.push(visit);
  };
  enter(start);
  for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
    const reached = visit.left.pop();
    if (reached !== undefined) {
      const met = visits.get(reached);
      if (met === undefined) enter(reached);
      else if (!grouped.has(reached)) visit.lowest = Math.min(visit.lowest, met.order);
      continue;
    }
    path.pop();
    const from = path.at(-1);
    if (from !== undefined) from.lowest = Math.min(from.lowest, visit.lowest);
    if (visit.lowest !== visit.order) continue;
    const group = waiting.splice(waiting.lastIndexOf(visit.one));
    for (const one of group) grouped.add(one);
    yield group;
  }
}

/** `lowest`: the earliest entered of those not yet grouped that it reaches. `left`: still to be followed, the next one last. */
type Visit = { readonly one: string; readonly order: number; readonly left: string[]; lowest: number };
