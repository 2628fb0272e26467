import { columnAddress, memberAddress } from '../../model/address.ts';
import { type Classified, own } from '../../model/effective.ts';
import type { Reference, Transformer, Workspace } from '../../model/model.ts';
import { seenBy } from '../graph/carried.ts';
import { overall } from '../graph/classification.ts';
import { type DatasetRead, readsIn } from '../graph/reads.ts';
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
      for (const [name, { read }] of Object.entries(workspace.groups)) {
        const address = memberAddress(workspace.address, name);
        const spotOfRead = (reference: Reference) => referenceSpot(address, reference);
        yield* beyondClearance(ask, `group '${address}'`, cleared, readsIn(ask, read), spotOfRead);
      }
    },
    *transformer(transformer, ask) {
      const words = `transformer '${transformer.address}'`;
      const cleared = { ...transformer, words: 'it' };
      for (const [name, reference] of Object.entries(transformer.reads)) {
        const spotOfRead = () => spotOf(transformer.address, 'reads', name);
        yield* beyondClearance(ask, words, cleared, readsIn(ask, [reference]), spotOfRead);
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
  for (const read of reads) {
    const { levels, labels, columns } = beyond(ask, mesh, read, cleared);
    const [first] = columns;
    if (first === undefined) continue;
    const { address } = read;
    const needs = [
      ...(levels.length > 0 ? [`clearance ${quoted(levels)}`] : []),
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

/** Names of the columns read beyond the clearance; and which levels (least first) and labels they carry that are not held. */
function beyond(ask: Ask, mesh: Classified, read: DatasetRead, cleared: Cleared) {
  const clearance = clearanceRank(mesh, cleared.clearance);
  const levels = new Set<number>();
  const labels = new Set<string>();
  const columns = seenBy(ask, mesh, read).flatMap(([name, carried]) => {
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
