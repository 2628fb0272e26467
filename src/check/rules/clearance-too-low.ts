import { must } from '../../base/must.ts';
import { type Classified, labelsOf, levelOf, own } from '../../model/effective.ts';
import { type Read, readingGroupsOf } from '../groups.ts';
import { clearanceRank, rankOf } from '../levels.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Rule } from '../rule.ts';
import { columnSpot } from '../spots.ts';
import { quoted } from '../words.ts';

/** A workspace reads only columns up to its clearance, and with labels that it holds. */
export const clearanceTooLow: Rule = {
  name: 'clearance-too-low',
  judges: {
    *workspace(workspace, ask) {
      const mesh = wordsOfMesh(ask);
      if (mesh.classification === undefined) return;
      for (const entry of readingGroupsOf(workspace, ask))
        for (const read of entry.reads) {
          const { levels, labels, columns } = beyond(mesh, read);
          const [first] = columns;
          if (first === undefined) continue;
          const { address } = read.dataset;
          const needs = [
            ...(levels.length > 0 ? [`clearance ${quoted(levels)}`] : []),
            ...(labels.length > 0 ? [`label ${quoted(labels)}`] : []),
          ].join(' and ');
          yield {
            message: `group '${entry.address}' reads ${quoted(columns)} of '${address}', which needs ${needs}, but workspace '${entry.workspace.address}' is cleared for ${held(mesh, read)}.`,
            help: `Read only other columns,  { from: '${address}', columns: [...] };  or claim it in the workspace${
              levels.length > 0 ? `,  clearance: '${levels[levels.length - 1]}'` : ''
            }${labels.length > 0 ? `,  labels: [${labels.map((l) => `'${l}'`).join(', ')}]` : ''}, as far as the zone grants it to the team.`,
            at: read.spot,
            related: [{ message: `column '${first}'`, at: columnSpot(read.dataset, first) }],
          };
        }
    },
  },
};

/** Names of the columns read beyond the clearance; and which levels (least first) and labels they have that are not held. */
function beyond(mesh: Classified, { dataset, group, columns }: Read) {
  const { workspace } = group;
  const clearance = clearanceRank(mesh, workspace.clearance);
  const levels = new Set<number>();
  const labels = new Set<string>();
  const over = columns.filter((name) => {
    const column = must(dataset.dataset.columns[name], name);
    const level = rankOf(mesh, levelOf(mesh, dataset.datastore, column) ?? '');
    // A level that the mesh does not have is found by unknown-level, at its place.
    const isTooHigh = level !== null && clearance !== null && level > clearance;
    if (isTooHigh) levels.add(level);
    const missing = labelsOf(column).filter(
      (label) => !workspace.labels?.includes(label) && own(mesh.classification?.labels ?? {}, label) !== undefined,
    );
    for (const label of missing) labels.add(label);
    return isTooHigh || missing.length > 0;
  });
  const names = [...levels].sort((a, b) => a - b).map((level) => mesh.classification?.levels[level] ?? '');
  return { levels: names, labels: [...labels], columns: over };
}

function held(mesh: Classified, { group: { workspace } }: Read): string {
  const level = workspace.clearance ?? mesh.classification?.levels[0];
  const labels = workspace.labels?.length ? ` with ${quoted(workspace.labels)}` : '';
  return `${level === undefined ? 'no level' : `'${level}'`}${workspace.clearance === undefined ? ' (it claims no clearance)' : ''}${labels}`;
}
