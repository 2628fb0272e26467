import type { ModelObject } from '../model/object.ts';
import { type Owner, ownerLabel } from '../model/owner.ts';
import { partyWords } from '../model/party.ts';
import type { Origin } from './origin.ts';
import type { AttributeChange } from './verdict.ts';

/** What findings of a review call things. */

/** `datastore 'retail/sales/orders'`; `offer 'sales_to_shop'`. */
export function objectWords({ kind, address }: Pick<ModelObject, 'kind' | 'address'>): string {
  return kind === 'mesh' ? 'the mesh' : `${kind} '${address.slice(address.indexOf(':') + 1)}'`;
}

/** What a change does, the first few of its attributes: `changes type.length of 'retail/sales/orders.customers#name' from 100 to 40`. */
export function changeWords(changes: readonly AttributeChange[]): string {
  const shown = changes.slice(0, 3).map(attributeWords);
  const rest = changes.length - shown.length;
  return [...shown, ...(rest > 0 ? [`makes ${rest} more ${rest === 1 ? 'change' : 'changes'}`] : [])].join(', ');
}

function attributeWords({ address, path, before, after }: AttributeChange): string {
  const what = path.length === 0 ? `'${address}'` : `${path.join('.')} of '${address}'`;
  if (before === null) return path.length === 0 ? `adds ${what}` : `adds ${what} as ${cut(after)}`;
  if (after === null) return `removes ${what}`;
  return path.length === 0 ? `replaces ${what}` : `changes ${what} from ${cut(before)} to ${cut(after)}`;
}

function cut(text: string | null): string {
  const whole = text ?? 'nothing';
  return whole.length > 60 ? `${whole.slice(0, 60)}...` : whole;
}

/** `a branch of the model's repository, approved by user 5`. */
export function originWords(origin: Origin): string {
  if (origin.host === '') return 'a commit that no proposal accounts for';
  const { repository, approvers } = origin;
  const from =
    repository === null
      ? "a branch of the model's own repository"
      : `${origin.host} ${repository.name}${repository.id === null ? '' : ` (repository ${repository.id})`}`;
  if (approvers.length > 0) return `${from}, approved by ${usersWords(approvers)}`;
  return repository === null ? `${from}, approved by nobody` : from;
}

/** How a change comes to have an owner's word. */
export function askWords(owner: Owner): string {
  if (owner.kind === 'repository') return `send it from ${numberedWords(owner)}`;
  return owner.users.length === 1
    ? `ask ${usersWords(owner.users)} to approve its head commit`
    : `ask one of ${usersWords(owner.users)} to approve its head commit`;
}

/** An owner with the number that counts: two may have one name. */
export function numberedWords(owner: Owner): string {
  return owner.kind === 'repository' ? `${ownerLabel(owner)} (repository ${owner.id})` : ownerLabel(owner);
}

function usersWords(users: readonly number[]): string {
  return users.map((id) => `user ${id}`).join(', ');
}

/** `team 'retail/sales' (github.com acme/sales-data)`. */
export function ownedWords(party: string, owner: Owner): string {
  return `${partyWords(party)} (${ownerLabel(owner)})`;
}
