import type { Policy, Predicate } from '../model/model.ts';
import type { Day, Duration } from './noun.ts';

/** Every one holds. */
export function all(...of: readonly Predicate[]): Predicate {
  return { kind: 'all', of };
}

/** At least one holds. */
export function any(...of: readonly Predicate[]): Predicate {
  return { kind: 'any', of };
}

export function not(of: Predicate): Predicate {
  return { kind: 'not', of };
}

/** Where the first holds, the second must. */
export function when(condition: Predicate, demand: Predicate): Predicate {
  return { kind: 'when', if: condition, demand };
}

/** The row has a column with this label, or of this level or one above it. */
export function classified(as: string): Predicate {
  return { kind: 'classified', as };
}

/** It rests in one of these regions: `own:eu/berlin`, `*:eu`. A path covers its children. */
export function within(...regions: readonly string[]): Predicate {
  return { kind: 'within', regions };
}

export function vendors(...names: readonly string[]): Predicate {
  return { kind: 'vendors', vendors: names };
}

export function engines(...names: readonly string[]): Predicate {
  return { kind: 'engines', engines: names };
}

/** The container is of this grade. */
export function grade(of: 'production' | 'test'): Predicate {
  return { kind: 'grade', grade: of };
}

/** The container says that it is encrypted. */
export function encrypted(): Predicate {
  return { kind: 'encrypted' };
}

/** Who reads it is of one of these zones or teams. */
export function readableBy(of: { readonly zones?: readonly string[]; readonly teams?: readonly string[] }): Predicate {
  // What it does not know is left for the loader to refuse.
  const { zones = [], teams = [], ...more } = of ?? {};
  return { ...more, kind: 'readableBy', parties: [...zones, ...teams] };
}

/** Versions are kept at least and at most as long. */
export function retain(of: { readonly min?: Duration; readonly max?: Duration }): Predicate {
  return { kind: 'retain', ...of };
}

/** Names of the zone's own datastores, datasets or columns match the pattern, whole; of its flags only `i` counts. */
export function named(what: 'datastore' | 'dataset' | 'column', pattern: RegExp): Predicate {
  // A text is the pattern as it stands; what is neither is left for the loader to refuse.
  if (!(pattern instanceof RegExp)) return { kind: 'named', what, pattern };
  return { kind: 'named', what, pattern: `${pattern.flags.includes('i') ? '(?i)' : ''}${pattern.source}` };
}

/** The datastore, or the reader, is in production. */
export function production(): Predicate {
  return { kind: 'production' };
}

/** The rows stand in a datastore of the zone itself: not in one that a transformer made of them elsewhere. */
export function direct(): Predicate {
  return { kind: 'direct' };
}

/** A policy that holds from a day on: until then, what violates it already blocks nobody. */
export function from(day: Day, demands: Predicate, options: { readonly doc?: string } = {}): Policy {
  return { ...options, demands, from: day };
}
