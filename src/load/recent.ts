/** Values by name, the most recently used of them, up to a total size. */
export function recent<T>(
  most: number,
  sizeOf: (value: T) => number,
): { get(name: string): T | null; set(name: string, value: T): void } {
  const kept = new Map<string, T>();
  let total = 0;
  return {
    get: (name) => {
      const value = kept.get(name);
      if (value === undefined) return null;
      kept.delete(name);
      kept.set(name, value);
      return value;
    },
    set: (name, value) => {
      const former = kept.get(name);
      if (former !== undefined) total -= sizeOf(former);
      kept.set(name, value);
      total += sizeOf(value);
      for (const [oldest, one] of kept) {
        if (total <= most || oldest === name) break;
        kept.delete(oldest);
        total -= sizeOf(one);
      }
    },
  };
}
