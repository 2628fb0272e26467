import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import type { Report, WholeRule } from '../rule.ts';
import { partsOf, type Subject, spotOf } from '../subject.ts';

/** The mesh lists its zones, with their owners: an object of any other zone would be owned by nobody. */
export const unknownZone: WholeRule = {
  name: 'unknown-zone',
  *find(subject) {
    for (const zone of Object.values(subject.model.zones))
      yield* ofZone(subject, zone.name, `zone '${zone.name}' is defined here, but mesh`, zone.name);
    const { datastores, workspaces } = subject.model;
    for (const [what, objects] of [['datastore', datastores] as const, ['workspace', workspaces] as const])
      for (const address of Object.keys(objects)) {
        const { zone } = partsOf(address);
        // A zone that is defined is found at its definition, once.
        if (zone === '' || own(subject.model.zones, zone) !== undefined) continue;
        yield* ofZone(subject, zone, `${what} '${address}' is in zone '${zone}', but mesh`, address);
      }
  },
};

function* ofZone({ model }: Subject, zone: string, begin: string, object: string): Iterable<Report> {
  if (own(model.mesh.zones, zone) !== undefined) return;
  yield {
    message: `${begin} '${model.mesh.name}' lists no such zone, so nobody owns it.`,
    help: `List it in the mesh with its owner:  zones: { ${zone}: approvers([user(...)]) }.${didYouMean(zone, Object.keys(model.mesh.zones))}`,
    at: spotOf(object),
  };
}
