import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import type { Datastore, Transformer, Workspace, Zone } from '../../model/model.ts';
import { datasetsOf } from '../datasets.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask, Report, Rule, Spot } from '../rule.ts';
import { columnSpot, spotOf, teamSpot } from '../spots.ts';
import { quoted } from '../words.ts';

/** Levels and labels are the mesh's words. */
export const unknownLevel: Rule = {
  name: 'unknown-level',
  judges: {
    *zone(zone, ask) {
      yield* unknownIn(ofZone(zone), ask);
    },
    *datastore(datastore, ask) {
      yield* unknownIn(ofDatastore(datastore), ask);
    },
    *workspace(workspace, ask) {
      yield* unknownIn(ofReader(workspace), ask);
    },
    *transformer(transformer, ask) {
      yield* unknownIn(ofReader(transformer), ask);
    },
  },
};

type Words = readonly ['level' | 'label', string | undefined, Spot];

function* unknownIn(words: Iterable<Words>, ask: Ask): Iterable<Report> {
  const { classification, name } = wordsOfMesh(ask);
  const known = { level: classification?.levels ?? [], label: Object.keys(classification?.labels ?? {}) };
  for (const [what, word, at] of words) {
    if (word === undefined || known[what].includes(word)) continue;
    yield {
      message: `'${word}' is no ${what} of mesh '${name}', so it would protect nothing.`,
      help: `Use one of ${quoted(known[what])}, or ask the owner of the mesh to add it to  classification.${didYouMean(word, known[what])}`,
      at,
    };
  }
}

function* ofZone(zone: Zone): Iterable<Words> {
  for (const team of Object.keys(zone.teams)) {
    const may = own(zone.teams, team)?.may;
    yield ['level', may?.clearance, teamSpot(zone.name, team, 'may', 'clearance')];
    for (const label of may?.labels ?? []) yield ['label', label, teamSpot(zone.name, team, 'may', 'labels')];
  }
}

function* ofDatastore(datastore: Datastore): Iterable<Words> {
  yield ['level', datastore.classification, spotOf(datastore.address, 'classification')];
  for (const entry of datasetsOf(datastore))
    for (const [name, column] of Object.entries(entry.dataset.columns)) {
      if (column.level !== undefined) yield ['level', column.level, columnSpot(entry, name)];
      for (const label of column.labels ?? []) yield ['label', label, columnSpot(entry, name)];
    }
}

function* ofReader({ address, clearance, labels }: Workspace | Transformer): Iterable<Words> {
  yield ['level', clearance, spotOf(address, 'clearance')];
  for (const label of labels ?? []) yield ['label', label, spotOf(address, 'labels')];
}
