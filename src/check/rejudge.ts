import { parseDay } from '../model/duration.ts';
import { nameText, type ObjectName, objectNamed } from '../model/named.ts';
import { type Around, judgementOf } from './judgement.ts';
import type { Kept, Rejudged } from './kept.ts';
import { type Change, questions, questionsChanged } from './questions.ts';

/**
 * Judges again what a change of objects, or of the time, can have changed the judgement of, and nothing else: the
 * objects themselves, and those whose judgement rests on an answer that is another now. With the rest of what was kept
 * it is what judging all of head gives. The work follows the change, not the model.
 */
export function rejudge(kept: Resting, changes: Iterable<Change>, head: Around): Rejudged {
  const stale = new Map<string, ObjectName>();
  const add = ({ kind, address }: ObjectName) => stale.set(nameText({ kind, address }), { kind, address });
  const all = [...changes];
  for (const { before, after } of all) {
    const object = after ?? before;
    if (object !== null) add(object);
  }
  const changed = [...questionsChanged(all), ...daysPassed(kept, head.asOfMs).map(questions.day)];
  for (const question of changed) for (const object of kept.restingOn(question)) add(object);
  return new Map(
    [...stale].map(([text, object]) => {
      const now = objectNamed(head.lookup, object);
      return [text, { object, judgement: now === null ? null : judgementOf(now, head) }];
    }),
  );
}

/** What of judgements needs to be known to judge again. */
export type Resting = Pick<Kept, 'asOfMs' | 'restingOn' | 'days'>;

/** Days whose beginning lies between two times, whichever is the later. */
function daysPassed(kept: Resting, asOfMs: number): readonly string[] {
  if (kept.asOfMs === asOfMs) return [];
  const isReachedAt = (day: string, ms: number) => (parseDay(day) ?? Number.POSITIVE_INFINITY) <= ms;
  return [...new Set(kept.days())].filter((day) => isReachedAt(day, kept.asOfMs) !== isReachedAt(day, asOfMs));
}
