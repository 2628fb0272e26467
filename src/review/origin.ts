import type { Owner } from '../model/owner.ts';

/** Where a proposal comes from, as the forge says it: numbers count, names are labels. */
export type Origin = {
  /** The forge: `github.com`. Part of every identity. */
  readonly host: string;
  /** The repository that it comes from, where that is not the model's own: a branch in there owns nothing by itself. */
  readonly repository: { readonly id: number | null; readonly name: string } | null;
  /** Accounts whose latest review approves the head commit, and who neither wrote, committed nor pushed any of it. */
  readonly approvers: readonly number[];
  /** Did the forge say so? What a person typed is unofficial: there a repository without a number is known by its name. */
  readonly isOfficial: boolean;
};

/** Of a commit that no proposal accounts for: it owns nothing. */
export const noOrigin: Origin = { host: '', repository: null, approvers: [], isOfficial: true };

/** Does the proposal come from this owner? */
export function isFrom(origin: Origin, owner: Owner): boolean {
  if (origin.host !== owner.host) return false;
  if (owner.kind === 'approvers') return owner.users.some((user) => origin.approvers.includes(user));
  if (origin.repository === null) return false;
  if (origin.repository.id !== null) return origin.repository.id === owner.id;
  return !origin.isOfficial && origin.repository.name === owner.name;
}
