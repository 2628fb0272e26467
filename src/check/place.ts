import { own } from '../base/own.ts';
import type { Place } from '../findings/finding.ts';
import type { Places } from '../model/model.ts';
import type { Spot } from './rule.ts';

/** The place of a part, or of the nearest part around it that has one. */
export function placeOf(places: Places, spot: Spot): Place | null {
  for (let length = spot.path.length; length >= 0; length--) {
    const place = own(places, [spot.object, ...spot.path.slice(0, length)].join('>'));
    if (place) return place;
  }
  return null;
}
