import { parseMemberAddress } from '../../model/address.ts';
import type { Datastore, Mesh, Workspace } from '../../model/model.ts';
import { datasetsOf } from '../datasets.ts';
import { groupsOf } from '../groups.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { meshSpot, referenceSpot, spotOf } from '../spots.ts';

/** What holds nothing does nothing: most likely something was forgotten. Warnings. */
export const nothingInside: Rule = {
  name: 'nothing-inside',
  judges: {
    *mesh(mesh, ask) {
      yield* asWarnings(ofMesh(mesh, ask));
    },
    *datastore(datastore) {
      yield* asWarnings(ofDatastore(datastore));
    },
    *workspace(workspace, ask) {
      yield* asWarnings(ofWorkspace(workspace, ask));
    },
  },
};

function* asWarnings(reports: Iterable<Report>): Iterable<Report> {
  for (const report of reports) yield { ...report, severity: 'warning' };
}

function* ofMesh(mesh: Mesh, ask: Ask): Iterable<Report> {
  const kinds = [
    { what: 'zone', listed: mesh.zones, prefix: '' },
    { what: 'environment', listed: mesh.environments, prefix: 'environment:' },
  ] as const;
  for (const { what, listed, prefix } of kinds) {
    const defined = new Set(ask.addresses(what));
    for (const name of Object.keys(listed))
      if (!defined.has(`${prefix}${name}`))
        yield {
          message: `mesh '${mesh.name}' lists ${what} '${name}', but no file defines it.`,
          help: `Define it,  export default ${what}('${name}', { ... }), or take it out of the mesh.`,
          at: meshSpot(`${what}s`, name),
        };
  }
}

function* ofDatastore(datastore: Datastore): Iterable<Report> {
  const datasets = datasetsOf(datastore);
  // Tombstones hold its address for what was in it.
  if (datasets.length === 0 && (datastore.tombstones ?? []).length === 0)
    yield {
      message: `datastore '${datastore.address}' has no dataset, so nothing is read from its source.`,
      help: 'Add a dataset, or take the datastore out.',
      at: spotOf(datastore.address),
    };
  for (const { address, name, dataset } of datasets)
    if (Object.keys(dataset.columns).length === 0)
      yield {
        message: `dataset '${name}' has no column, so it has nothing to show.`,
        help: 'Add its columns, or take the dataset out.',
        at: spotOf(address),
      };
}

function* ofWorkspace(workspace: Workspace, ask: Ask): Iterable<Report> {
  const groups = groupsOf(workspace);
  if (groups.length === 0)
    yield {
      message: `workspace '${workspace.address}' has no group, so nobody can read anything through it.`,
      help: 'Add a group, or take the workspace out.',
      at: spotOf(workspace.address),
    };
  for (const { address, group } of groups)
    for (const reference of group.read) {
      const target = parseMemberAddress(reference.from);
      const datastore = target?.member === '*' ? ask.object('datastore', target.object) : null;
      if (datastore !== null && Object.keys(datastore.datasets).length === 0)
        yield {
          message: `group '${address}' reads '${reference.from}', which matches no dataset: the datastore is empty.`,
          help: 'Name a datastore that has datasets, or take the reference out.',
          at: referenceSpot(address, reference),
        };
    }
}
