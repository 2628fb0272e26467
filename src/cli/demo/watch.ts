import type { Clock } from '../../base/clock.ts';
import type { Plan } from '../../plan/plan.ts';
import { containerName } from '../../run/containers.ts';
import type { LoopEvent } from '../../run/events.ts';
import { restingPlace } from '../../run/unit/context.ts';
import type { GroupLine, Scene, StreamLine } from './screen.ts';

/** Listens to the loop, and tells at any moment what the screen should show. */
export type Watch = {
  readonly hear: (event: LoopEvent) => void;
  readonly streams: () => StreamLine[];
  readonly groups: () => GroupLine[];
  readonly problem: () => Scene['problem'];
  readonly published: ReadonlySet<string>;
};

/** Rates are over the last this many milliseconds. */
const rateOverMs = 5_000;

export function watch(plan: Plan, clock: Clock): Watch {
  const places = new Map<string, { ordinal: bigint; rows: number; asOfMs: number | null }>();
  const moves: { place: string; atMs: number; rows: number }[] = [];
  const published = new Set<string>();
  let problem: { readonly text: string; readonly unit: string } | null = null;

  const freshMs = (place: string): number | null => {
    const asOfMs = places.get(place)?.asOfMs ?? null;
    return asOfMs === null ? null : clock.nowMs() - asOfMs;
  };

  return {
    published,
    hear(event) {
      if (event.kind === 'published') published.add(event.group);
      if (event.kind === 'failed') problem = { unit: event.unit, text: event.message };
      if (event.kind === 'held') problem = { unit: event.unit, text: event.finding.message };
      if (event.kind !== 'moved') return;
      if (problem?.unit === event.unit) problem = null;
      const place = restingPlace(event.container, event.stream);
      const before = places.get(place);
      places.set(place, {
        ordinal: event.ordinal,
        rows: (before?.rows ?? 0) + event.rows,
        asOfMs: event.asOfMs ?? before?.asOfMs ?? null,
      });
      if (event.rows > 0) moves.push({ place, atMs: clock.nowMs(), rows: event.rows });
    },
    streams() {
      const sinceMs = clock.nowMs() - rateOverMs;
      while (moves[0] !== undefined && moves[0].atMs < sinceMs) moves.shift();
      return plan.nodes.flatMap((node) => {
        if (node.kind !== 'stream') return [];
        const place = restingPlace(node.container, node.stream);
        const known = places.get(place);
        const recent = moves.filter((move) => move.place === place).reduce((sum, move) => sum + move.rows, 0);
        return [
          {
            address: node.stream,
            mode: node.mode,
            ordinal: known?.ordinal ?? 0n,
            rows: known?.rows ?? 0,
            rowsPerSecond: recent / (rateOverMs / 1000),
            freshMs: freshMs(place),
            promisedMs: node.promisedMs,
          },
        ];
      });
    },
    groups() {
      return plan.nodes.flatMap((node) => {
        if (node.kind !== 'publish') return [];
        const ages = [...new Set(node.views.map((view) => view.stream))].map((stream) =>
          freshMs(restingPlace(node.container, stream)),
        );
        const container = plan.containers[node.container];
        return [
          {
            address: node.group,
            engine: containerName(container),
            freshMs:
              !published.has(node.group) || ages.includes(null) ? null : Math.max(...ages.map((age) => age ?? 0)),
            promisedMs: node.promisedMs,
          },
        ];
      });
    },
    problem: () => problem?.text ?? null,
  };
}
