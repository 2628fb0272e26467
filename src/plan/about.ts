import { environmentAddress, parseMemberAddress } from '../model/address.ts';
import { own, teamOf } from '../model/effective.ts';
import { lookupIn } from '../model/lookup.ts';
import type { Model } from '../model/model.ts';
import { ownerOfParty, partyAt, partyLabel, partyWords } from '../model/party.ts';

/**
 * What authors say of a datastore, a dataset, a workspace, a group or a transformer, and of what is around it, outermost first: a line
 * for each that has words for people. Last who owns it, and how the team is reached.
 */
export function about(model: Model, environment: string, address: string): readonly string[] {
  const lookup = lookupIn(model);
  const member = parseMemberAddress(address);
  const object = member?.object ?? address;
  const [zone = '', team = ''] = object.split('/');
  const datastore = own(model.datastores, object);
  const workspace = own(model.workspaces, object);
  const name = member?.member ?? '';
  const dataset = own(datastore?.datasets ?? {}, name);
  const owner = ownerOfParty(lookup, partyAt(object));
  const terms = own(model.zones, zone)?.terms ?? {};
  const version = datastore?.version === undefined ? '' : ` ${datastore.version}`;
  return [
    ...line(`mesh '${model.mesh.name}'`, model.mesh.doc),
    ...line(`environment '${environment}'`, own(model.environments, environment)?.doc),
    ...line(`zone '${zone}'`, own(model.zones, zone)?.doc),
    ...line(`team '${zone}/${team}'`, teamOf(lookup, object)?.doc),
    ...line(`datastore '${object}'${version}`, datastore?.doc ?? (version === '' ? undefined : '(no description)')),
    ...line(`workspace '${object}'`, workspace?.doc),
    ...line(`transformer '${object}'`, own(model.transformers, object)?.doc),
    ...line(`dataset '${name}'`, dataset?.doc),
    ...line('tags', [...(datastore?.tags ?? []), ...(dataset?.tags ?? [])].join(', ')),
    ...line(`group '${name}'`, own(workspace?.groups ?? {}, name)?.doc),
    ...Object.entries(dataset?.columns ?? {}).flatMap(([column, { doc, term, tags }]) => [
      ...line(`column '${column}'`, doc),
      ...line(`column '${column}' is a '${term ?? ''}'`, term === undefined ? undefined : own(terms, term)),
      ...line(`column '${column}' has the tags`, tags?.join(', ')),
    ]),
    ...(owner === null ? [] : [`owner: ${partyLabel(lookup, object, owner)}`]),
  ];
}

/** The same of the mesh, a zone, a team or an environment; last who owns it, and how a team is reached. */
export function aboutParty(model: Model, address: string): readonly string[] {
  const lookup = lookupIn(model);
  const owner = ownerOfParty(lookup, address);
  const [name = '', team] = address.split('/');
  const zone = own(model.zones, name);
  const declared = own(zone?.teams ?? {}, team ?? '');
  const environment = Object.values(model.environments).find((one) => environmentAddress(one.name) === address);
  return [
    ...line(`mesh '${model.mesh.name}'`, model.mesh.doc),
    ...line(partyWords(address), environment?.doc),
    ...line(`zone '${name}'`, zone?.doc),
    ...(team === undefined ? Object.entries(zone?.terms ?? {}) : []).flatMap(([term, meaning]) =>
      line(`term '${term}'`, meaning),
    ),
    ...line(partyWords(address), declared?.doc),
    ...(owner === null ? [] : [`${partyWords(address)}: owned by ${partyLabel(lookup, address, owner)}`]),
  ];
}

function line(what: string, says: string | undefined): readonly string[] {
  return says === undefined || says === '' ? [] : [`${what}: ${says}`];
}
