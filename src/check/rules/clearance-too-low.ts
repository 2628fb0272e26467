import { columnAddress } from '../../model/address.ts';
import { type Classified, own } from '../../model/effective.ts';
import type { Reference, Transformer, Workspace } from '../../model/model.ts';
import { type Columns, carrierOf, rowsSeenBy, seenBy } from '../graph/carried.ts';
import { type Carried, overall } from '../graph/classification.ts';
import { type DatasetRead, readingGroups } from '../graph/reads.ts';
import { transformerReads } from '../graph/transformer.ts';
import { clearanceRank } from '../levels.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask, Report, Rule, Spot } from '../rule.ts';
import { referenceSpot, spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** Who reads is cleared for what the columns carry: for their level, and with their labels, behind masks. */
export const clearanceTooLow: Rule = {
  name: 'clearance-too-low',
  judges: {
    *workspace(workspace, ask) {
      const cleared = { ...workspace, words: `workspace '${workspace.address}'` };
      for (const { address, reads } of readingGroups(workspace, ask)) {
        const spotOfRead = (reference: Reference) => referenceSpot(address, reference);
        yield* beyondClearance(ask, `group '${address}'`, cleared, reads, spotOfRead);
      }
    },
    *transformer(transformer, ask) {
      const words = `transformer '${transformer.address}'`;
      const cleared = { ...transformer, words: 'it' };
      for (const [name, reads] of transformerReads(ask, transformer.address)) {
        const spotOfRead = () => spotOf(transformer.address, 'reads', name);
        yield* beyondClearance(ask, words, cleared, reads, spotOfRead);
      }
    },
  },
};

type Cleared = Pick<Workspace & Transformer, 'clearance' | 'labels'> & { readonly words: string };

function* beyondClearance(
  ask: Ask,
  reader: string,
  cleared: Cleared,
  reads: readonly DatasetRead[],
  spotOfRead: (reference: Reference) => Spot,
): Iterable<Report> {
  const mesh = wordsOfMesh(ask);
  if (mesh.classification === undefined) return;
  // Rows that carry the same are fine for the same reader.
  const fine = new Set<Carried>();
  for (const read of reads) {
    const carrier = carrierOf(ask, read.datastore.address);
    const rows = rowsSeenBy(mesh, carrier, read);
    if (fine.has(rows) || beyond(mesh, [['', rows]], cleared).columns.length === 0) {
      fine.add(rows);
      continue;
    }
    const { levels, labels, columns } = beyond(mesh, seenBy(mesh, carrier, read), cleared);
    const [first = ''] = columns;
    const { address } = read;
    const needs = [
      ...(levels.length > 0 ? [`clearance ${quoted(levels.slice(-1))}`] : []),
      ...(labels.length > 0 ? [`label ${quoted(labels)}`] : []),
    ].join(' and ');
    yield {
      message: `${reader} reads ${quoted(columns)} of '${address}', which needs ${needs}, but ${cleared.words} is cleared for ${held(mesh, cleared)}.`,
      help: `Read only other columns,  { from: '${address}', columns: [...] };  mask them where that is enough;  or claim it${
        cleared.words === 'it' ? '' : ' in the workspace'
      }${levels.length > 0 ? `,  clearance: '${levels[levels.length - 1]}'` : ''}${
        labels.length > 0 ? `,  labels: [${labels.map((l) => `'${l}'`).join(', ')}]` : ''
      }, as far as the zone grants it to the team.`,
      at: spotOfRead(read.reference),
      related: [{ message: `column '${first}'`, at: spotOf(columnAddress(read.datastore.address, read.name, first)) }],
    };
  }
}

/** Names of the columns beyond the clearance; and which levels (least first) and labels they carry that are not held. */
function beyond(mesh: Classified, seen: Columns, cleared: Cleared) {
  const clearance = clearanceRank(mesh, cleared.clearance);
  const levels = new Set<number>();
  const labels = new Set<string>();
  const columns = seen.flatMap(([name, carried]) => {
    const { rank, labels: carries } = overall(carried);
    const isTooHigh = clearance !== null && rank > clearance;
    if (isTooHigh) levels.add(rank);
    // A label that the mesh does not have is found by unknown-level, at its place.
    const missing = carries.filter(
      (label) => !cleared.labels?.includes(label) && own(mesh.classification?.labels ?? {}, label) !== undefined,
    );
    for (const label of missing) labels.add(label);
    return isTooHigh || missing.length > 0 ? [name] : [];
  });
  const names = [...levels].sort((a, b) => a - b).map((level) => mesh.classification?.levels[level] ?? '');
  return { levels: names, labels: [...labels], columns };
}

function held(mesh: Classified, { clearance, labels }: Cleared): string {
  const level = clearance ?? mesh.classification?.levels[0];
  const holds = labels?.length ? ` with ${quoted(labels)}` : '';
  return `${level === undefined ? 'no level' : `'${level}'`}${clearance === undefined ? ' (it claims no clearance)' : ''}${holds}`;
}
