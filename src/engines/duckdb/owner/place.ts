/** What lies beside a database file while it is owned, and what owner and client say to each other before a session. */

/** Where the owner listens; written by the owner once it does, removed when it leaves. May be of an owner long dead. */
export type OwnerNote = { readonly pid: number; readonly socket: string };

/** The one line that a starting owner prints. */
export type OwnerReport = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly message: string };

/** The name under which an owner attaches its file. */
export const databaseName = 'fh_database';

export function noteOf(file: string): string {
  return `${file}.owner`;
}

/** Directory of rows on their way in. */
export function spoolOf(file: string): string {
  return `${file}.spool`;
}
