import type { Mesh, Team } from '../model/model.ts';
import type { Owner } from '../model/owner.ts';
import { type Noun, noun } from './noun.ts';

export type MeshBody = Omit<Mesh, 'name'>;

/** The mesh: who owns it, its zones and its environments, and how data is classified. One in a model. */
export function mesh(name: string, body: MeshBody): Noun<'mesh'> & { readonly name: string } {
  return noun('mesh', body, { name });
}

export type ZoneBody = { readonly doc?: string; readonly teams: Readonly<Record<string, TeamBody>> };

export type TeamBody = Omit<Team, 'owner'> & { readonly owner: Owner };

/** A zone: its teams, their owners, and what they may claim. */
export function zone(name: string, body: ZoneBody): Noun<'zone'> & { readonly name: string } {
  return noun('zone', body, { name });
}
