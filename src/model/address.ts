/** Names in an address: `[a-z][a-z0-9_]*`. The source's names are in `from`. */
export const namePattern = /^[a-z][a-z0-9_]*$/;

export type ObjectAddress = { readonly zone: string; readonly team: string; readonly object: string };

/** `retail/sales/orders` in parts, or null where it is none. */
export function parseObjectAddress(text: string): ObjectAddress | null {
  const parts = text.split('/');
  const [zone, team, object] = parts;
  if (parts.length !== 3 || zone === undefined || team === undefined || object === undefined) return null;
  return parts.every((part) => namePattern.test(part)) ? { zone, team, object } : null;
}

/** `retail/sales/orders.customers` in parts; `member` is '*' for all. Null where it is none. */
export function parseMemberAddress(text: string): { readonly object: string; readonly member: string } | null {
  const dot = text.indexOf('.');
  if (dot < 0) return null;
  const object = text.slice(0, dot);
  const member = text.slice(dot + 1);
  if (parseObjectAddress(object) === null || !(member === '*' || namePattern.test(member))) return null;
  return { object, member };
}

/** Where the mesh, an environment, a zone and a team stand among addresses; zones and teams are `retail`, `retail/sales`. */
export const meshAddress = 'mesh';

export function environmentAddress(name: string): string {
  return `environment:${name}`;
}

export function consentAddress(name: string): string {
  return `consent:${name}`;
}

export function declassificationAddress(name: string): string {
  return `declassification:${name}`;
}

export function offerAddress(name: string): string {
  return `offer:${name}`;
}

/** `retail/sales/orders.customers`: a dataset of a datastore, or a group of a workspace. */
export function memberAddress(object: string, member: string): string {
  return `${object}.${member}`;
}

/** `retail/sales/orders.customers#name`. */
export function columnAddress(object: string, dataset: string, column: string): string {
  return `${object}.${dataset}#${column}`;
}
