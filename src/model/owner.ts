/** Who owns an object. The number is authoritative; the name is a label. */
export type Owner =
  | { readonly kind: 'repository'; readonly host: string; readonly name: string; readonly id: number }
  | { readonly kind: 'approvers'; readonly host: string; readonly users: readonly number[] };

export function ownerLabel(owner: Owner): string {
  return owner.kind === 'repository'
    ? `${owner.host} ${owner.name}`
    : `approvers ${owner.users.map((id) => `user ${id}`).join(', ')}`;
}
