import { namePattern } from '../../model/address.ts';
import { parsePhysicalName } from '../../model/physical.ts';
import type { Report, Rule, Spot } from '../rule.ts';
import { columnSpot, environmentSpot, meshSpot, type Subject, spotOf, teamSpot } from '../subject.ts';

/** Names are parts of addresses, of schemas and of views: one spelling everywhere. */
export const badName: Rule = {
  name: 'bad-name',
  *find(subject) {
    for (const [what, name, at] of namesOf(subject)) if (!namePattern.test(name)) yield report(what, name, at);
    for (const { address, name, dataset } of subject.datasets)
      if (dataset.from !== undefined && parsePhysicalName(dataset.from) === null)
        yield {
          message: `dataset '${name}' comes from '${dataset.from}', which is no name of a table.`,
          help: `Write  from: 'schema.table', with quotes around a part that holds a dot:  '"my.schema".table'.`,
          at: spotOf(address, 'from'),
        };
    const { datastores, workspaces } = subject.model;
    for (const [what, objects] of [['datastore', datastores] as const, ['workspace', workspaces] as const])
      for (const address of Object.keys(objects)) {
        const parts = address.split('/');
        if (parts.length !== 3)
          yield {
            message: `${what} '${address}' has no address of the form zone/team/name, so nobody owns it and nothing can refer to it.`,
            help: `Name it after its zone and team:  '<zone>/<team>/${parts[parts.length - 1] || 'name'}'.`,
            at: spotOf(address),
          };
        else
          for (const part of parts)
            if (!namePattern.test(part))
              yield report(`part of the address of ${what} '${address}'`, part, spotOf(address));
      }
  },
};

function report(what: string, name: string, at: Spot): Report {
  const better = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '');
  return {
    message: `${what} '${name}' is no name: names are parts of addresses and of views, so they are lower-case letters, digits and _, and begin with a letter.`,
    help: `${better ? `Call it '${better}'` : 'Give it another name'}; what the source calls it goes into  from: '${name}'.`,
    at,
  };
}

function* namesOf(subject: Subject): Iterable<readonly [string, string, Spot]> {
  const { mesh, zones, environments } = subject.model;
  yield ['mesh', mesh.name, meshSpot()];
  for (const zone of Object.values(zones)) {
    yield ['zone', zone.name, spotOf(zone.name)];
    for (const team of Object.keys(zone.teams)) yield ['team', team, teamSpot(zone.name, team)];
  }
  for (const environment of Object.values(environments))
    yield ['environment', environment.name, environmentSpot(environment.name)];
  for (const entry of subject.containers) if (entry.role !== 'ledger') yield [entry.role, entry.name, entry.spot];
  for (const entry of subject.datasets) {
    yield ['dataset', entry.name, spotOf(entry.address)];
    for (const column of Object.keys(entry.dataset.columns)) yield ['column', column, columnSpot(entry, column)];
  }
  for (const entry of subject.groups) yield ['group', entry.name, spotOf(entry.address)];
}
