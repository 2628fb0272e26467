import type { Ask, Memory } from './rule.ts';

/** What is worked out once for each key and is the same for all who ask; by its own reads, so that each asker has read them. */
export type Remembered<T> = {
  (ask: Ask, key: string): T;
  /** Only where it has been worked out. */
  readonly known: (ask: Ask, key: string) => T | undefined;
};

/** What an answer rests on: questions, and other answers. */
type Notes = { readonly reads: Map<string, (ask: Ask) => void>; readonly uses: Set<Notes> };
type Kept<T> = { readonly value: T; readonly notes: Notes };

/** Of those who ask while an answer is worked out. */
const notesOf = new WeakMap<Ask, Notes>();

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
  const known = (ask: Ask, key: string): T | undefined => {
    const kept = memoryOf(ask).get(key);
    if (kept !== undefined) rest(ask, kept.notes);
    return kept?.value;
  };
  const answer = (ask: Ask, key: string): T => {
    const memory = memoryOf(ask);
    const before = memory.get(key);
    if (before !== undefined) {
      rest(ask, before.notes);
      return before.value;
    }
    const notes: Notes = { reads: new Map(), uses: new Set() };
    const value = make(noting(ask, notes), key);
    memory.set(key, { value, notes });
    notesOf.get(ask)?.uses.add(notes);
    return value;
  };
  return Object.assign(answer, { known });
}

/** Notes that what asks rests on an answer: an answer that is being worked out points at it, anybody else reads it all again. */
function rest(ask: Ask, notes: Notes): void {
  if (ask.memory.plain === ask) return;
  const own = notesOf.get(ask);
  if (own !== undefined) {
    own.uses.add(notes);
    return;
  }
  const been = new Set([notes]);
  for (const { reads, uses } of been) {
    for (const read of reads.values()) read(ask);
    for (const use of uses) been.add(use);
  }
}

/** The same answers; how to ask for them again is noted. */
function noting(around: Ask, notes: Notes): Ask {
  const { reads } = notes;
  const ask: Ask = {
    ...around,
    object: (kind, address) => {
      reads.set(`object ${kind} ${address}`, (again) => again.object(kind, address));
      return around.object(kind, address);
    },
    found: (index, key) => {
      reads.set(`found ${index} ${key}`, (again) => again.found(index, key));
      return around.found(index, key);
    },
    part: (part, address, name) => {
      reads.set(`part ${part} ${address} ${name ?? ''}`, (again) => again.part(part, address, name));
      return around.part(part, address, name);
    },
    addresses: (kind) => {
      reads.set(`addresses ${kind}`, (again) => again.addresses(kind));
      return around.addresses(kind);
    },
    isReached: (day) => {
      reads.set(`day ${day}`, (again) => again.isReached(day));
      return around.isReached(day);
    },
  };
  notesOf.set(ask, notes);
  return ask;
}
