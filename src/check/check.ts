import type { Facts } from '../engine/facts.ts';
import type { Finding } from '../findings/finding.ts';
import { inReadingOrder } from '../findings/make.ts';
import { lookupIn } from '../model/lookup.ts';
import type { Model, Places } from '../model/model.ts';
import { objectsOf } from '../model/object.ts';
import { placeOf } from '../model/places.ts';
import type { ParseSql } from '../sql/lineage/tree.ts';
import { askOf, findingOf, judgeObject } from './draft.ts';

/** Is this model right? Every finding of every rule, in reading order. Pure: the same input gives the same findings. */
export function check(
  model: Model,
  facts: Facts,
  options: { readonly asOfMs: number; readonly places: Places; readonly parseSql?: ParseSql },
): Finding[] {
  const lookup = lookupIn(model);
  const ask = askOf(lookup, facts, options.asOfMs, options.parseSql);
  const findings: Finding[] = [];
  for (const object of objectsOf(model))
    for (const draft of judgeObject(object, ask))
      findings.push(findingOf(draft, lookup, (address, ...path) => placeOf(options.places, address, ...path)));
  return inReadingOrder(findings);
}
