import type { Place } from '../findings/finding.ts';
import type { Places } from './model.ts';

/** The key of a part of an object in `Places`: `retail/sales/orders>promises>freshness`. Datasets, columns and groups have addresses. */
export function placeKey(address: string, ...path: readonly (string | number)[]): string {
  return [address, ...path].join('>');
}

/**
 * Where a part of an object stands, or the nearest thing around it that has a place: a value that a loop computed has
 * none of its own. Null where nothing of it is known.
 */
export function placeOf(places: Places, address: string, ...path: readonly (string | number)[]): Place | null {
  for (let length = path.length; length >= 0; length--) {
    const key = placeKey(address, ...path.slice(0, length));
    const place = typeof places === 'function' ? places(key) : places[key];
    if (place !== undefined) return place;
  }
  const around = surrounding(address);
  return around === null ? null : placeOf(places, around);
}

function surrounding(address: string): string | null {
  for (const mark of ['#', '.', '/']) {
    const at = address.lastIndexOf(mark);
    if (at > 0) return address.slice(0, at);
  }
  return null;
}
