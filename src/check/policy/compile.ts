/**
 * Predicates as functions of a situation: what each of them asks, of what. Three-valued: a place says nothing of
 * readers. A policy is broken where it is false, whatever that would be which it says nothing of. What somebody should
 * have said and did not (where a container is, of which grade) counts against the policy.
 */
import { unreachable } from '../../base/must.ts';
import { parseDurationMs } from '../../model/duration.ts';
import type { Classified } from '../../model/effective.ts';
import type { Predicate } from '../../model/model.ts';
import { rankOf } from '../levels.ts';
import { covers, parseLocation } from '../locations.ts';
import { compilePattern } from './pattern.ts';
import type { Situation } from './situation.ts';
import { every, opposite, some, type Truth } from './truth.ts';

/** `isWanted`: does the policy want it true? Inside of `not` it wants the opposite. */
type Holds = (situation: Situation, isWanted: boolean) => Truth;

export type Compiled = {
  readonly holds: (situation: Situation) => Truth;
  readonly speaksOf: Aspects;
  /** Levels and labels that it asks for. */
  readonly classes: readonly string[];
};

/** What a predicate looks at, beside the rows. */
export type Aspects = ReadonlySet<'site' | 'reader' | 'longest' | 'kept' | 'name'>;

export function compile(predicate: Predicate, mesh: Classified): Compiled {
  const speaksOf = new Set<'site' | 'reader' | 'longest' | 'kept' | 'name'>();
  const classes: string[] = [];
  const made = make(predicate);
  return { holds: (situation) => made(situation, true), speaksOf, classes };

  function make(one: Predicate): Holds {
    switch (one.kind) {
      case 'all': {
        const parts = one.of.map(make);
        return (situation, isWanted) => every(parts.map((part) => part(situation, isWanted)));
      }
      case 'any': {
        const parts = one.of.map(make);
        return (situation, isWanted) => some(parts.map((part) => part(situation, isWanted)));
      }
      case 'not': {
        const part = make(one.of);
        return (situation, isWanted) => opposite(part(situation, !isWanted));
      }
      case 'when': {
        const [condition, demand] = [make(one.if), make(one.demand)];
        return (situation, isWanted) => some([opposite(condition(situation, !isWanted)), demand(situation, isWanted)]);
      }
      case 'classified': {
        classes.push(one.as);
        const rank = rankOf(mesh, one.as);
        return ({ rows }) => (rank !== null && rows.rank >= rank) || rows.labels.includes(one.as);
      }
      case 'within': {
        speaksOf.add('site');
        const regions = one.regions.map(parseLocation).filter((region) => region !== null);
        return ({ site }, isWanted) => {
          if (site === null) return null;
          const { location } = site;
          return location === null ? !isWanted : regions.some((region) => covers(region, location));
        };
      }
      case 'vendors': {
        speaksOf.add('site');
        return ({ site }, isWanted) => {
          if (site === null) return null;
          return site.location === null ? !isWanted : one.vendors.includes(site.location.vendor);
        };
      }
      case 'engines':
        speaksOf.add('site');
        return ({ site }) => (site === null ? null : one.engines.includes(site.container.engine));
      case 'grade':
        speaksOf.add('site');
        return ({ site }, isWanted) => {
          if (site === null) return null;
          return site.container.grade === undefined ? !isWanted : site.container.grade === one.grade;
        };
      case 'encrypted':
        speaksOf.add('site');
        return ({ site }) => (site === null ? null : (site.container.encrypted ?? false));
      case 'readableBy':
        speaksOf.add('reader');
        return ({ reader }) =>
          reader === null
            ? null
            : one.parties.includes(reader.zone) || one.parties.includes(`${reader.zone}/${reader.team}`);
      case 'retain': {
        const min = one.min === undefined ? null : parseDurationMs(one.min);
        const max = one.max === undefined ? null : parseDurationMs(one.max);
        if (min !== null) speaksOf.add('longest');
        if (max !== null) speaksOf.add('kept');
        return ({ kept: { longestMs, ownMs } }) =>
          every([
            ...(min === null ? [] : [longestMs === null ? null : longestMs >= min]),
            ...(max === null ? [] : [ownMs === null ? null : ownMs <= max]),
          ]);
      }
      case 'named': {
        speaksOf.add('name');
        const pattern = compilePattern(one.pattern);
        return ({ name }) =>
          name === null || name.what !== one.what || pattern.kind === 'refused' ? null : pattern.matches(name.text);
      }
      case 'production':
        return ({ isProduction }) => isProduction;
      case 'direct':
        return ({ isDirect }) => isDirect;
      default:
        return unreachable(one);
    }
  }
}
