import type { Ask } from './rule.ts';

/** What is worked out once for each key and is the same for all who ask; by its own reads, so that each asker has read them. */
export type Remembered<T> = {
  (ask: Ask, key: string): T;
  /** Only where it has been worked out. */
  readonly known: (ask: Ask, key: string) => T | undefined;
};

type Kept<T> = { readonly value: T; readonly reads: ReadonlyMap<string, (ask: Ask) => void> };

/**
 * A question whose answer follows from what `ask` answers, and which many objects ask. It is kept for as long as the
 * model is: under `ask.memory`. Who asks again reads again what the answer rests on, since reads may be recorded.
 * `make` must not ask after it has returned.
 */
export function remembered<T>(make: (ask: Ask, key: string) => T): Remembered<T> {
  const memories = new WeakMap<object, Map<string, Kept<T>>>();
  const memoryOf = (ask: Ask): Map<string, Kept<T>> => {
    const identity = ask.memory ?? ask;
    const kept = memories.get(identity) ?? new Map<string, Kept<T>>();
    memories.set(identity, kept);
    return kept;
  };
  const known = (ask: Ask, key: string): T | undefined => {
    const kept = memoryOf(ask).get(key);
    if (kept !== undefined) for (const read of kept.reads.values()) read(ask);
    return kept?.value;
  };
  const answer = (ask: Ask, key: string): T => {
    const before = memoryOf(ask).get(key);
    if (before !== undefined) {
      for (const read of before.reads.values()) read(ask);
      return before.value;
    }
    const reads = new Map<string, (ask: Ask) => void>();
    const value = make(noting(ask, reads), key);
    memoryOf(ask).set(key, { value, reads });
    return value;
  };
  return Object.assign(answer, { known });
}

/** The same answers; how to ask for them again is noted. */
function noting(ask: Ask, reads: Map<string, (ask: Ask) => void>): Ask {
  return {
    ...ask,
    memory: ask.memory ?? ask,
    object: (kind, address) => {
      reads.set(`object ${kind} ${address}`, (again) => again.object(kind, address));
      return ask.object(kind, address);
    },
    found: (index, key) => {
      reads.set(`found ${index} ${key}`, (again) => again.found(index, key));
      return ask.found(index, key);
    },
    part: (part, address, name) => {
      reads.set(`part ${part} ${address} ${name ?? ''}`, (again) => again.part(part, address, name));
      return ask.part(part, address, name);
    },
    addresses: (kind) => {
      reads.set(`addresses ${kind}`, (again) => again.addresses(kind));
      return ask.addresses(kind);
    },
    isReached: (day) => {
      reads.set(`day ${day}`, (again) => again.isReached(day));
      return ask.isReached(day);
    },
  };
}
