import type { Mesh, Policy, Predicate, Team, Zone } from '../model/model.ts';
import type { Owner } from '../model/owner.ts';
import { type Duration, type Noun, noun } from './noun.ts';

export type MeshBody = Omit<Mesh, 'name'>;

/** The mesh: who owns it, its zones and its environments, and how data is classified. One in a model. */
export function mesh(name: string, body: MeshBody): Noun<'mesh'> & { readonly name: string } {
  return noun('mesh', body, { name });
}

export type ZoneBody = Omit<Zone, 'name' | 'teams' | 'policies' | 'notice'> & {
  readonly teams: Readonly<Record<string, TeamBody>>;
  readonly policies?: Readonly<Record<string, Policy | Predicate>>;
  readonly notice?: Duration;
};

export type TeamBody = Omit<Team, 'owner'> & { readonly owner: Owner };

/** A zone: its teams, their owners, and what they may claim. */
export function zone(name: string, body: ZoneBody): Noun<'zone'> & { readonly name: string } {
  return noun('zone', body, { name });
}
