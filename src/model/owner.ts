/** Who owns an object. The number is authoritative; the name is a label. */
export type Owner =
  | { readonly kind: 'repository'; readonly host: string; readonly name: string; readonly id: number }
  | { readonly kind: 'approvers'; readonly host: string; readonly users: readonly number[] };

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
