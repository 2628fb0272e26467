import type { Kind, ModelObject } from '../model/object.ts';
import type { Ask, Judges, Report, Rule } from './rule.ts';

/** What a rule says of one object. */
export function judge<K extends Kind>(rule: Rule, object: ModelObject<K>, ask: Ask): Iterable<Report> {
  const find: Judges[K] = rule.judges[object.kind];
  return find === undefined ? [] : find(object.noun, ask);
}
