import { must } from '../../base/must.ts';
import { didYouMean } from '../../findings/near-name.ts';
import { meshAddress } from '../../model/address.ts';
import { listedZone } from '../mesh.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { partsOf, spotOf } from '../spots.ts';

/** The mesh lists its zones, with their owners: an object of any other zone would be owned by nobody. */
export const unknownZone: Rule = {
  name: 'unknown-zone',
  judges: {
    *zone({ name }, ask) {
      if (listedZone(name, ask) === null) yield unlisted(name, `zone '${name}' is defined here, but mesh`, name, ask);
    },
    *datastore({ address }, ask) {
      yield* ofObject('datastore', address, ask);
    },
    *workspace({ address }, ask) {
      yield* ofObject('workspace', address, ask);
    },
    *transformer({ address }, ask) {
      yield* ofObject('transformer', address, ask);
    },
  },
};

function* ofObject(what: string, address: string, ask: Ask): Iterable<Report> {
  const { zone } = partsOf(address);
  if (zone === '' || listedZone(zone, ask) !== null) return;
  // A zone that is defined is found at its definition, once.
  if (ask.object('zone', zone) !== null) return;
  yield unlisted(zone, `${what} '${address}' is in zone '${zone}', but mesh`, address, ask);
}

function unlisted(zone: string, begin: string, object: string, ask: Ask): Report {
  const mesh = must(ask.object('mesh', meshAddress), meshAddress);
  return {
    message: `${begin} '${mesh.name}' lists no such zone, so nobody owns it.`,
    help: `List it in the mesh with its owner:  zones: { ${zone}: approvers([user(...)]) }.${didYouMean(zone, Object.keys(mesh.zones))}`,
    at: spotOf(object),
  };
}
