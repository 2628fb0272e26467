import type { Ask, Memory } from './rule.ts';

/** What is worked out once for each key and is the same for all who ask; by its own reads, so that each asker has read them. */
export type Remembered<T> = {
  (ask: Ask, key: string): T;
  /** Only where it has been worked out. */
  readonly known: (ask: Ask, key: string) => T | undefined;
};

type Kept<T> = { readonly value: T; readonly reads: ReadonlyMap<string, (ask: Ask) => void> };

/**
 * A question whose answer follows from what `ask` answers, and which many objects ask. It is kept for as long as the
 * model is: under `ask.memory`. Who asks again reads again what the answer rests on, where reads are noted.
 * `make` must not ask after it has returned.
 */
export function remembered<T>(make: (ask: Ask, key: string) => T): Remembered<T> {
  const memories = new WeakMap<Memory, Map<string, Kept<T>>>();
  const memoryOf = ({ memory }: Ask): Map<string, Kept<T>> => {
    const known = memories.get(memory);
    if (known !== undefined) return known;
    const fresh = new Map<string, Kept<T>>();
    memories.set(memory, fresh);
    return fresh;
  };
  const readAgain = (ask: Ask, { reads, value }: Kept<T>): T => {
    if (ask.memory.plain !== ask) for (const read of reads.values()) read(ask);
    return value;
  };
  const known = (ask: Ask, key: string): T | undefined => {
    const kept = memoryOf(ask).get(key);
    return kept === undefined ? undefined : readAgain(ask, kept);
  };
  const answer = (ask: Ask, key: string): T => {
    const memory = memoryOf(ask);
    const before = memory.get(key);
    if (before !== undefined) return readAgain(ask, before);
    const reads = new Map<string, (ask: Ask) => void>();
    const value = make(noting(ask, reads), key);
    memory.set(key, { value, reads });
    return value;
  };
  return Object.assign(answer, { known });
}

/** The same answers; how to ask for them again is noted. */
function noting(ask: Ask, reads: Map<string, (ask: Ask) => void>): Ask {
  return {
    ...ask,
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
