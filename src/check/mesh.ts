import { must } from '../base/must.ts';
import { meshAddress } from '../model/address.ts';
import type { Team } from '../model/model.ts';
import type { Owner } from '../model/owner.ts';
import type { Parts } from '../model/parts.ts';
import type { Ask } from './rule.ts';
import { partsOf } from './spots.ts';

/** The mesh's name, and its words for everybody. */
export function wordsOfMesh(ask: Ask): Parts['meshWords'] {
  return must(ask.part('meshWords', meshAddress), meshAddress);
}

/** Whom the mesh lists as the owner of a zone; null: it lists no such zone. */
export function listedZone(zone: string, ask: Ask): Owner | null {
  return ask.part('zoneOwner', meshAddress, zone);
}

/** The team that an address names, as its zone declares it. */
export function declaredTeam(address: string, ask: Ask): Team | null {
  const { zone, team } = partsOf(address);
  return ask.part('team', zone, team);
}
