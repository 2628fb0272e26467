import { didYouMean } from '../../findings/near-name.ts';
import type { Predicate } from '../../model/model.ts';
import { covers, declaredLocations, locationText, parseLocation } from '../locations.ts';
import { listedZone, wordsOfMesh } from '../mesh.ts';
import { type PlacedPredicate, predicatesOf } from '../policy/predicates.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { quoted } from '../words.ts';

/** What a policy names is there: a level, a label, a region, a vendor, an engine, a zone or a team. */
export const unknownPolicyWord: Rule = {
  name: 'unknown-policy-word',
  judges: {
    *zone(zone, ask) {
      for (const placed of predicatesOf(zone))
        for (const { word, what, known } of wordsOf(placed.predicate, ask)) {
          const names = known();
          if (names.isKnown(word)) continue;
          yield reportOf(zone.name, placed, word, what, names.list);
        }
    },
  },
};

type Known = { readonly list: readonly string[]; readonly isKnown: (word: string) => boolean };
type Word = { readonly word: string; readonly what: string; readonly known: () => Known };

function wordsOf(predicate: Predicate, ask: Ask): readonly Word[] {
  const of = (words: readonly string[], what: string, known: () => Known) =>
    words.map((word): Word => ({ word, what, known }));
  switch (predicate.kind) {
    case 'classified':
      return of([predicate.as], 'level or label', () => listed(classes(ask)));
    case 'within':
      return of(predicate.regions, 'region with a location of the mesh', () => regions(ask));
    case 'vendors':
      return of(predicate.vendors, 'vendor', () => listed(Object.keys(wordsOfMesh(ask).vendors ?? {})));
    case 'engines':
      return of(predicate.engines, 'engine', () => listed(Object.keys(ask.facts)));
    case 'readableBy':
      return of(predicate.parties, 'zone or team', () => parties(ask));
    default:
      return [];
  }
}

function listed(list: readonly string[]): Known {
  return { list, isKnown: (word) => list.includes(word) };
}

function classes(ask: Ask): readonly string[] {
  const { levels = [], labels = {} } = wordsOfMesh(ask).classification ?? {};
  return [...levels, ...Object.keys(labels)];
}

function regions(ask: Ask): Known {
  const declared = declaredLocations(wordsOfMesh(ask));
  const isKnown = (word: string) => {
    const region = parseLocation(word);
    return region !== null && declared.some((place) => covers(region, place) || covers(place, region));
  };
  return { list: declared.map(locationText), isKnown };
}

function parties(ask: Ask): Known {
  const isTeam = (word: string) => {
    const [zone = '', team = ''] = word.split('/');
    return ask.part('team', zone, team) !== null;
  };
  const isKnown = (word: string) => (word.includes('/') ? isTeam(word) : listedZone(word, ask) !== null);
  return { list: ask.addresses('zone'), isKnown };
}

function reportOf(
  zone: string,
  { policy, at }: PlacedPredicate,
  word: string,
  what: string,
  known: readonly string[],
): Report {
  return {
    message: `policy '${policy}' of zone '${zone}' names '${word}', which is no ${what}, so it would not do what it says.`,
    help: `${known.length === 0 ? 'There is none' : `Use one of ${quoted(known)}`}.${didYouMean(word, known)}`,
    at,
  };
}
