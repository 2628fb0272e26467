import type { Mesh, Zone } from '../../model/model.ts';
import type { Report, Rule, Spot } from '../rule.ts';
import { meshSpot, spotOf } from '../spots.ts';

/** Words that others use by name differ by more than case: who reads them, or an engine, takes them for one. */
export const duplicateWord: Rule = {
  name: 'duplicate-word',
  judges: {
    *mesh(mesh) {
      for (const [what, words, at] of wordsOf(mesh)) yield* alike(what, words, at);
    },
    *zone(zone: Zone) {
      yield* alike('policy', Object.keys(zone.policies ?? {}), spotOf(zone.name, 'policies'));
      yield* alike('term', Object.keys(zone.terms ?? {}), spotOf(zone.name, 'terms'));
    },
  },
};

function* wordsOf({ classification, vendors, regulators }: Mesh): Iterable<readonly [string, readonly string[], Spot]> {
  yield ['level', classification?.levels ?? [], meshSpot('classification', 'levels')];
  yield ['label', Object.keys(classification?.labels ?? {}), meshSpot('classification', 'labels')];
  yield ['vendor', Object.keys(vendors ?? {}), meshSpot('vendors')];
  yield ['regulator', Object.keys(regulators ?? {}), meshSpot('regulators')];
}

function* alike(what: string, words: readonly string[], at: Spot): Iterable<Report> {
  const first = new Map<string, string>();
  for (const word of words) {
    const folded = word.normalize('NFKC').toLowerCase();
    const other = first.get(folded);
    if (other === undefined) first.set(folded, word);
    else
      yield {
        message:
          other === word
            ? `${what} '${word}' stands twice, so it is not clear which place counts.`
            : `${what}s '${other}' and '${word}' differ only in how they are written: who means one will write the other.`,
        help: other === word ? 'Keep one of the two.' : 'Keep one of the two, or tell them apart by another word.',
        at,
      };
  }
}
