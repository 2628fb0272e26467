import { nameText, type ObjectName } from '../model/named.ts';
import type { Judgement } from './judgement.ts';
import { questions } from './questions.ts';

/**
 * Judgements of every object of a model, all as of one time, and which of them rest on an answer: in memory, or in a
 * store on disk.
 */
export type Kept = {
  readonly asOfMs: number;
  readonly judgement: (object: ObjectName) => Judgement | null;
  /** Objects whose judgement asked the question. */
  readonly restingOn: (question: string) => Iterable<ObjectName>;
  /** Days that any judgement asked about. */
  readonly days: () => Iterable<string>;
};

/** What is judged anew, by name as text; a judgement is null where the object is gone. */
export type Rejudged = ReadonlyMap<string, { readonly object: ObjectName; readonly judgement: Judgement | null }>;

/** Nothing is judged yet. */
export const nothingKept: Kept = { asOfMs: 0, judgement: () => null, restingOn: () => [], days: () => [] };

/** What was kept, with what was judged anew in place of it: the rest is shared. */
export function keptWith(kept: Kept, rejudged: Rejudged, asOfMs: number): Kept {
  const resting = new Map<string, ObjectName[]>();
  for (const { object, judgement } of rejudged.values())
    for (const question of Object.keys(judgement?.reads ?? {})) {
      const objects = resting.get(question);
      if (objects === undefined) resting.set(question, [object]);
      else objects.push(object);
    }
  const days = [...resting.keys()].filter((question) => question.startsWith(dayPrefix));
  return {
    asOfMs,
    judgement: (object) => {
      const anew = rejudged.get(nameText(object));
      return anew === undefined ? kept.judgement(object) : anew.judgement;
    },
    *restingOn(question) {
      for (const object of kept.restingOn(question)) if (!rejudged.has(nameText(object))) yield object;
      yield* resting.get(question) ?? [];
    },
    *days() {
      yield* kept.days();
      for (const question of days) yield question.slice(dayPrefix.length);
    },
  };
}

const dayPrefix = questions.day('');

/** Two steps as one. */
export function joined(first: Rejudged, then: Rejudged): Rejudged {
  return new Map([...first, ...then]);
}
