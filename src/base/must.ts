/** Our own bug if absent: short, loud, not handled. Never for an author's mistake or the world's failure. */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`bug: ${what} is missing`);
  return value;
}

/** The end of every switch over a union: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new Error(`bug: unreachable case ${JSON.stringify(value)}`);
}
