import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import type { Spot, WholeRule } from '../rule.ts';
import { columnSpot, type Subject, spotOf, teamSpot } from '../subject.ts';
import { quoted } from '../words.ts';

/** Levels and labels are the mesh's words. */
export const unknownLevel: WholeRule = {
  name: 'unknown-level',
  *find(subject) {
    const { classification, name } = subject.model.mesh;
    const known = {
      level: classification?.levels ?? [],
      label: Object.keys(classification?.labels ?? {}),
    };
    const sets = { level: new Set(known.level), label: new Set(known.label) };
    for (const [what, word, at] of wordsOf(subject)) {
      if (word === undefined || sets[what].has(word)) continue;
      yield {
        message: `'${word}' is no ${what} of mesh '${name}', so it would protect nothing.`,
        help: `Use one of ${quoted(known[what])}, or ask the owner of the mesh to add it to  classification.${didYouMean(word, known[what])}`,
        at,
      };
    }
  },
};

type Words = readonly ['level' | 'label', string | undefined, Spot];

function* wordsOf({ model, datasets }: Subject): Iterable<Words> {
  for (const { address, classification } of Object.values(model.datastores))
    yield ['level', classification, spotOf(address, 'classification')];
  for (const entry of datasets)
    for (const [name, column] of Object.entries(entry.dataset.columns)) {
      if (column.level !== undefined) yield ['level', column.level, columnSpot(entry, name)];
      for (const label of column.labels ?? []) yield ['label', label, columnSpot(entry, name)];
    }
  for (const { address, clearance, labels } of Object.values(model.workspaces)) {
    yield ['level', clearance, spotOf(address, 'clearance')];
    for (const label of labels ?? []) yield ['label', label, spotOf(address, 'labels')];
  }
  for (const zone of Object.values(model.zones))
    for (const team of Object.keys(zone.teams)) {
      const may = own(zone.teams, team)?.may;
      yield ['level', may?.clearance, teamSpot(zone.name, team, 'may', 'clearance')];
      for (const label of may?.labels ?? []) yield ['label', label, teamSpot(zone.name, team, 'may', 'labels')];
    }
}
