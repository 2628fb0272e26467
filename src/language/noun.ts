/** What a word gives: plain data that carries its kind, so that the loader tells an object from any other export. */
export type Noun<Kind extends string> = { readonly freehold: Kind };

/** The body as written, with the kind and what else the word knows; those win over the body. */
export function noun<const Kind extends string, Known extends object>(
  kind: Kind,
  body: object,
  known: Known,
): Noun<Kind> & Known {
  return { ...body, ...known, freehold: kind };
}

/** `10s`, `5m`, `1h`, `7y`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'y'}`;

/** `2026-12-31`. */
export type Day = `${number}-${number}-${number}`;

/** The day from which on it may be gone, why, and what to read instead. */
export type DeprecationBody = { readonly removal: Day; readonly reason?: string; readonly use?: string };

/** `retail/sales/orders`. */
export type ObjectName = `${string}/${string}/${string}`;

/** `retail/sales/orders.customers`. */
export type MemberName = `${string}/${string}/${string}.${string}`;
