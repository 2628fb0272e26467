import { parseDay, parseDurationMs } from '../../model/duration.ts';
import type { Datastore } from '../../model/model.ts';
import type { Contract } from './contract.ts';

type ServiceLevel = NonNullable<Contract['slaProperties']>[number];

/** Properties of a service level that become promises: how old what is read may be. */
export function isFreshness({ property }: { readonly property: string }): boolean {
  return /^(?:latency|freshness|ly|fr)$/i.test(property);
}

/** Of several, the loosest: it holds for all of what they are about. Undefined where none is a length of time. */
export function freshnessOf(levels: readonly ServiceLevel[]): string | undefined {
  const all = levels.filter(isFreshness).flatMap((level) => durationOf(level) ?? []);
  return all.sort((a, b) => (parseDurationMs(a) ?? 0) - (parseDurationMs(b) ?? 0)).at(-1);
}

/** `{ value: 4, unit: 'd' }` as `4d`. */
export function durationOf({ value, unit = '' }: Pick<ServiceLevel, 'value' | 'unit'>): string | undefined {
  const ours = units.find(([pattern]) => pattern.test(unit.trim()))?.[1];
  if (ours === undefined || (typeof value !== 'number' && typeof value !== 'string')) return undefined;
  const duration = `${value}${ours}`;
  const ms = parseDurationMs(duration);
  return ms === null || ms === 0 ? undefined : duration;
}

/** `m` is a minute to some and a month to others, so nobody's. */
const units: readonly (readonly [RegExp, string])[] = [
  [/^(?:ms|millis(?:econds?)?)$/i, 'ms'],
  [/^(?:s|secs?|seconds?)$/i, 's'],
  [/^(?:min|mins|minutes?)$/i, 'm'],
  [/^(?:h|hrs?|hours?)$/i, 'h'],
  [/^(?:d|days?)$/i, 'd'],
  [/^(?:w|wks?|weeks?)$/i, 'w'],
  [/^(?:y|yrs?|years?)$/i, 'y'],
];

/** A contract that is called deprecated, with the day of its end. */
export function deprecationOf(contract: Contract): Datastore['deprecated'] | undefined {
  if (contract.status !== 'deprecated') return undefined;
  const ends = contract.slaProperties?.find(({ property }) => /^(?:endOfLife|el)$/i.test(property));
  const day = typeof ends?.value === 'string' ? ends.value.slice(0, 10) : '';
  return parseDay(day) === null ? undefined : { removal: day };
}
