/** The text of a column's value; null where it is null. */
export function textOf(of: unknown): string | null {
  switch (typeof of) {
    case 'string':
      return of;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(of);
    default:
      return null;
  }
}
