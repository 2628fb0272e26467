import type { Owner } from '../model/owner.ts';

export type User = { readonly user: number };

/** A person by number at the forge; the number stays when the name changes. */
export function user(id: number): User {
  return { user: id };
}

/** Owned by these people: a change counts when one of them approved it. */
export function approvers(users: readonly User[], options: { readonly host?: string } = {}): Owner {
  const ids = Array.isArray(users) ? users.map((one: User) => one?.user) : [];
  // An option that there is not is left for the loader to refuse.
  return { ...options, kind: 'approvers', host: options?.host ?? 'github.com', users: ids };
}

/** Owned by a repository: a change counts when it comes from there. The number is authoritative, the name a label. */
export function github(name: `${string}/${string}`, options: { readonly id: number; readonly host?: string }): Owner {
  return { ...options, kind: 'repository', host: options?.host ?? 'github.com', name, id: options?.id };
}
