/**
 * Values by name, those used of late, up to about a total size. They are in two generations: what is used is in the young
 * one, and when that holds half of what may be kept, the old one goes and it becomes old. To use a value costs nothing.
 */
export function recent<T>(
  most: number,
  sizeOf: (value: T) => number,
): { get(name: string): T | null; set(name: string, value: T): void } {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  let total = 0;
  const set = (name: string, value: T) => {
    const former = young.get(name);
    if (former !== undefined) total -= sizeOf(former);
    young.set(name, value);
    total += sizeOf(value);
    if (2 * total <= most) return;
    [young, old, total] = [new Map(), young, 0];
  };
  return {
    get: (name) => {
      const value = young.get(name);
      if (value !== undefined) return value;
      const aged = old.get(name);
      if (aged === undefined) return null;
      set(name, aged);
      return aged;
    },
    set,
  };
}
