import type { Priority } from '../model/model.ts';
import type { GroupReads } from './reads.ts';

/**
 * What the consumers downstream of a node ask of it. The interval is a maximum, not a schedule: work starts when there
 * is some. A committed change passes one hop to a store and one more to a replica, and each gets an equal part of the
 * strictest latency.
 */
export type Demand = {
  readonly intervalMs: number;
  readonly promisedMs: number | null;
  readonly priority: Priority;
  readonly why: readonly string[];
};

export type Consumer = { readonly group: GroupReads; readonly hops: number };

/** Where nobody is promised anything. */
const defaultIntervalMs = 3_600_000;

export function demandOf(consumers: readonly Consumer[], fallbackMs: number | null): Demand {
  const promised = consumers.flatMap(({ group, hops }) =>
    group.latencyMs === null ? [] : [{ group, hops, latencyMs: group.latencyMs, partMs: group.latencyMs / hops }],
  );
  const strictest = promised.toSorted((a, b) => a.partMs - b.partMs)[0];
  const promisedMs = promised.length === 0 ? null : Math.min(...promised.map(({ latencyMs }) => latencyMs));
  const urgent = consumers.toSorted((a, b) => rank(b.group.priority) - rank(a.group.priority))[0]?.group;
  return {
    intervalMs: Math.max(1, Math.floor(strictest?.partMs ?? fallbackMs ?? defaultIntervalMs)),
    promisedMs,
    priority: urgent?.priority ?? 'low',
    why: [
      strictest !== undefined
        ? `At most ${msText(strictest.partMs)} between two batches: group '${strictest.group.address}' was promised ${msText(strictest.latencyMs)} over ${strictest.hops} ${strictest.hops === 1 ? 'hop' : 'hops'}.`
        : fallbackMs !== null
          ? `At most ${msText(fallbackMs)} between two batches: no consumer was promised a latency, and the datastore promises this freshness.`
          : `At most ${msText(defaultIntervalMs)} between two batches: no consumer was promised a latency.`,
      urgent === undefined
        ? 'Priority low: nobody reads it yet.'
        : `Priority ${urgent.priority}: the highest of what is downstream, group '${urgent.address}'.`,
    ],
  };
}

const priorities: readonly Priority[] = ['low', 'normal', 'high', 'critical'];

function rank(priority: Priority): number {
  return priorities.indexOf(priority);
}

export function highestOf(of: readonly Priority[]): Priority {
  return of.toSorted((a, b) => rank(b) - rank(a))[0] ?? 'low';
}

/** `5s`, `1.5h`: for sentences. */
export function msText(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ];
  const [unit, size] = units.find(([, one]) => ms >= one) ?? ['ms', 1];
  return `${Number((ms / size).toFixed(2))}${unit}`;
}

/** How long versions are kept for those who want them, as a table says it: the longest, or for ever. */
export function retentionOf(readers: readonly GroupReads[]): { readonly retentionMs?: number } {
  const kept = readers.filter(({ wantsHistory }) => wantsHistory).map(({ retentionMs }) => retentionMs);
  const longest = kept.reduce<number | null>(
    (most, ms) => (most === null || ms === null ? null : Math.max(most, ms)),
    0,
  );
  return kept.length === 0 || longest === null ? {} : { retentionMs: longest };
}
