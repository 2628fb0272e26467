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

/** `isOfContract`: it may be the contract's word, for which the model file can say the mesh's. */
type Words = readonly [what: 'level' | 'label', word: string | undefined, at: Spot, isOfContract?: boolean];

function* unknownIn(words: Iterable<Words>, ask: Ask): Iterable<Report> {
  const { classification, name } = wordsOfMesh(ask);
  const known = { level: classification?.levels ?? [], label: Object.keys(classification?.labels ?? {}) };
  for (const [what, word, at, isOfContract] of words) {
    if (word === undefined || known[what].includes(word)) continue;
    yield {
      message: `'${word}' is no ${what} of mesh '${name}', so it would protect nothing.`,
      help: `${ways(what, known[what])}${didYouMean(word, known[what])}${
        isOfContract === true && what === 'level'
          ? ` Where the contract calls them otherwise:  fromContract(file, { levels: { '${word}': '...' } })`
          : ''
      }`,
      at,
    };
  }
}

function ways(what: 'level' | 'label', known: readonly string[]): string {
  if (known.length > 0)
    return `Use one of ${quoted(known)}, or ask the owner of the mesh to add it to  classification.`;
  const example = what === 'level' ? "levels: ['public', 'internal']" : 'labels: { pii: {} }';
  return `The mesh has none: leave it out, or ask the owner of the mesh for them,  classification: { ${example} }.`;
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
  for (const entry of datasetsOf(datastore)) {
    const isOfContract = (entry.dataset.contract ?? datastore.contract) !== undefined;
    for (const [name, column] of entry.columns) {
      if (column.level !== undefined) yield ['level', column.level, columnSpot(entry, name), isOfContract];
      for (const label of column.labels ?? []) yield ['label', label, columnSpot(entry, name)];
    }
  }
}

function* ofReader({ address, clearance, labels }: Workspace | Transformer): Iterable<Words> {
  yield ['level', clearance, spotOf(address, 'clearance')];
  for (const label of labels ?? []) yield ['label', label, spotOf(address, 'labels')];
}
