import type { Ask, Memory } from './rule.ts';

/** What is worked out once for each key and is the same for all who ask; by its own reads, so that each asker has read them. */
export type Remembered<T, Given extends readonly unknown[] = []> = {
  (ask: Ask, key: string, ...given: Given): T;
  /** Only where it has been worked out. */
  readonly known: (ask: Ask, key: string) => T | undefined;
};

/** What an answer rests on: questions, and other answers. */
type Notes = { readonly reads: Map<string, (ask: Ask) => void>; readonly uses: Set<Notes> };
type Kept<T> = { readonly value: T; readonly notes: Notes };

/** Of those who ask while an answer is worked out. */
const notesOf = new WeakMap<Ask, Notes>();

/**
 * A question whose answer follows from what `ask` answers, and which many objects ask. It is kept under `ask.memory`, for
 * as long as objects ask for it that are judged one soon after the other. Who asks again reads again what the answer rests
 * on, where reads are noted. `make` must not ask after it has returned. `given` is what who asks knows already of what
 * the answer follows from.
 */
export function remembered<T, Given extends readonly unknown[] = []>(
  make: (ask: Ask, key: string, ...given: Given) => T,
): Remembered<T, Given> {
  const memories = new WeakMap<Memory, Generations<T>>();
  const find = ({ memory }: Ask, key: string): Kept<T> | undefined => {
    const known = ageing(memories, memory);
    const young = known.young.get(key);
    if (young !== undefined) return young;
    const old = known.old.get(key);
    if (old !== undefined) known.young.set(key, old);
    return old;
  };
  const known = (ask: Ask, key: string): T | undefined => {
    const kept = find(ask, key);
    if (kept !== undefined) rest(ask, kept.notes);
    return kept?.value;
  };
  const answer = (ask: Ask, key: string, ...given: Given): T => {
    const before = find(ask, key);
    if (before !== undefined) {
      rest(ask, before.notes);
      return before.value;
    }
    const notes: Notes = { reads: new Map(), uses: new Set() };
    const value = make(noting(ask, notes), key, ...given);
    ageing(memories, ask.memory).young.set(key, { value, notes });
    notesOf.get(ask)?.uses.add(notes);
    return value;
  };
  return Object.assign(answer, { known });
}

/** What was asked for of late, and what was before. */
type Generations<T> = { generation: number; young: Map<string, Kept<T>>; old: Map<string, Kept<T>> };

/**
 * A generation is so many judged objects: one is over between two of them only, for an answer may rest on what was worked
 * out just before it, however much that is.
 */
function ageing<T>(memories: WeakMap<Memory, Generations<T>>, memory: Memory): Generations<T> {
  const generation = Math.floor(memory.judged / judgedTogether);
  let known = memories.get(memory);
  if (known === undefined) {
    known = { generation, young: new Map(), old: new Map() };
    memories.set(memory, known);
  }
  if (known.generation === generation) return known;
  known.old = known.generation === generation - 1 ? known.young : new Map();
  known.young = new Map();
  known.generation = generation;
  return known;
}

const judgedTogether = 1000;

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
