/** Who owns an object. The number is authoritative; the name is a label. */
export type Owner =
  | { readonly kind: 'repository'; readonly host: string; readonly name: string; readonly id: number }
  | { readonly kind: 'approvers'; readonly host: string; readonly users: readonly number[] };

/** Are they one owner, whatever the label? */
export function isSameOwner(a: Owner, b: Owner): boolean {
  if (a.host !== b.host) return false;
  if (a.kind === 'repository') return b.kind === 'repository' && a.id === b.id;
  if (b.kind === 'repository') return false;
  return a.users.every((user) => b.users.includes(user)) && b.users.every((user) => a.users.includes(user));
}

export function ownerLabel(owner: Owner): string {
  return owner.kind === 'repository'
    ? `${owner.host} ${owner.name}`
    : `approvers ${owner.users.map((id) => `user ${id}`).join(', ')}`;
}

/** How a team is reached: `chat #sales-data, oncall sales-data`; empty where it does not say. */
export function contactLabel(contact: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(contact ?? {})
    .map(([way, where]) => `${way} ${where}`)
    .join(', ');
}
