import { parseMemberAddress } from '../../model/address.ts';
import { own } from '../../model/effective.ts';
import type { Report, WholeRule } from '../rule.ts';
import { meshSpot, referenceSpot, type Subject, spotOf } from '../subject.ts';

/** What holds nothing does nothing: most likely something was forgotten. Warnings. */
export const nothingInside: WholeRule = {
  name: 'nothing-inside',
  *find(subject) {
    for (const report of emptyThings(subject)) yield { ...report, severity: 'warning' };
  },
};

function* emptyThings({ model, datasets, groups }: Subject): Iterable<Report> {
  const { mesh } = model;
  for (const [what, listed, defined] of [
    ['zone', mesh.zones, model.zones] as const,
    ['environment', mesh.environments, model.environments] as const,
  ])
    for (const name of Object.keys(listed))
      if (own<unknown>(defined, name) === undefined)
        yield {
          message: `mesh '${mesh.name}' lists ${what} '${name}', but no file defines it.`,
          help: `Define it,  export default ${what}('${name}', { ... }), or take it out of the mesh.`,
          at: meshSpot(`${what}s`, name),
        };
  for (const { address, datasets: inside } of Object.values(model.datastores))
    if (Object.keys(inside).length === 0)
      yield {
        message: `datastore '${address}' has no dataset, so nothing is read from its source.`,
        help: 'Add a dataset, or take the datastore out.',
        at: spotOf(address),
      };
  for (const { address, name, dataset } of datasets)
    if (Object.keys(dataset.columns).length === 0)
      yield {
        message: `dataset '${name}' has no column, so it has nothing to show.`,
        help: 'Add its columns, or take the dataset out.',
        at: spotOf(address),
      };
  for (const { address, groups: inside } of Object.values(model.workspaces))
    if (Object.keys(inside).length === 0)
      yield {
        message: `workspace '${address}' has no group, so nobody can read anything through it.`,
        help: 'Add a group, or take the workspace out.',
        at: spotOf(address),
      };
  for (const entry of groups)
    for (const reference of entry.group.read) {
      const target = parseMemberAddress(reference.from);
      const datastore = target?.member === '*' ? own(model.datastores, target.object) : undefined;
      if (datastore !== undefined && Object.keys(datastore.datasets).length === 0)
        yield {
          message: `group '${entry.address}' reads '${reference.from}', which matches no dataset: the datastore is empty.`,
          help: 'Name a datastore that has datasets, or take the reference out.',
          at: referenceSpot(entry.address, reference),
        };
    }
}
