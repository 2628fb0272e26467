import { own } from '../base/own.ts';
import { parseObjectAddress } from '../model/address.ts';
import type { Model } from '../model/model.ts';
import { ownerLabel } from '../model/owner.ts';

/**
 * Who owns an object: the team of a datastore or workspace, else its zone; a zone and an environment are owned as the
 * mesh says; the mesh, and whatever nobody declares, by the mesh's owner.
 */
export function ownerOf(model: Model, object: string): string {
  const { mesh } = model;
  const address = parseObjectAddress(object);
  const owner =
    address === null
      ? (own(mesh.environments, object) ?? own(mesh.zones, object))
      : (own(own(model.zones, address.zone)?.teams, address.team)?.owner ?? own(mesh.zones, address.zone));
  return ownerLabel(owner ?? mesh.owner);
}
